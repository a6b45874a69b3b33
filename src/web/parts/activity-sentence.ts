import type { Activity } from "#protocol/rest/activities.ts";

/** An entry of the audit trail as a sentence in pieces; a piece with `host_id` leads to that device. */
export interface SentencePiece {
  text: string;
  strong?: boolean;
  host_id?: number;
}

const AGENTS: Record<string, string> = { osquery: "osquery", muster: "Muster's agent", orbit: "orbit" };

/** What happened, in words. An entry of an unknown kind (a newer server's) shows its kind as it is. */
export function activitySentence(activity: Activity): SentencePiece[] {
  const d = activity.details;
  const aboutLabel = LABEL_ACTIONS[activity.type];
  const who: SentencePiece = { text: activity.actor_full_name ?? "Somebody", strong: true };
  const user: SentencePiece = { text: text(d["user_name"]) || text(d["user_email"]) || "a user", strong: true };
  if (aboutLabel !== undefined) return [who, { text: aboutLabel }, { text: text(d["label_name"]), strong: true }];
  switch (activity.type) {
    case "fleet_enrolled":
      return [device(d), { text: ` enrolled${agent(d)}` }];
    case "deleted_host":
      return [who, { text: " deleted the device " }, { text: text(d["host_display_name"]) || "without a name", strong: true }];
    case "expired_host":
      return [
        { text: text(d["host_display_name"]) || "A device", strong: true },
        { text: " was not seen for too long and was deleted" },
      ];
    case "host_identifier_conflict":
      return [
        { text: "Two devices identify themselves as " },
        { text: text(d["identifier"]) || "the same", strong: true },
        { text: "; the other one is " },
        device(d),
        ...from(d["remote_address"]),
      ];
    case "user_logged_in":
      return [who, { text: " logged in" }, ...from(d["public_ip"])];
    case "user_failed_login":
      return [
        { text: "A login as " },
        { text: text(d["email"]) || "an unknown address", strong: true },
        { text: " failed" },
        ...from(d["public_ip"]),
      ];
    case "created_user":
      return [who, { text: " created the user " }, user];
    case "deleted_user":
      return [who, { text: " deleted the user " }, user];
    case "edited_user":
      return [who, { text: " changed the user " }, user];
    case "edited_enroll_secrets":
      return [who, { text: " changed the enroll secrets" }];
    case "merged_software_titles":
      return [
        who,
        { text: " merged " },
        { text: titleNames(d), strong: true },
        { text: " into " },
        { text: intoName(d), strong: true },
      ];
    case "split_software_title":
      return [
        who,
        { text: " split " },
        { text: intoName(d), strong: true },
        { text: " from " },
        { text: titleNames(d), strong: true },
      ];
    case "renamed_software_title":
      return [
        who,
        { text: " renamed " },
        { text: titleNames(d), strong: true },
        { text: " to " },
        { text: text(d["name"]), strong: true },
      ];
    case "undid_title_correction":
      return [
        who,
        { text: ` undid the ${text(d["correction_type"]) || "correction"} of ` },
        { text: titleNames(d), strong: true },
      ];
    default:
      return [...(activity.actor_full_name === null ? [] : [who, { text: ": " }]), { text: activity.type.replaceAll("_", " ") }];
  }
}

/** What somebody did with a label, or with settings, which name none. */
const LABEL_ACTIONS: Readonly<Record<string, string>> = {
  created_label: " created the label ",
  edited_label: " changed the label ",
  edited_label_hosts: " changed the devices of the label ",
  deleted_label: " deleted the label ",
  edited_collection_settings: " changed what is collected",
  edited_host_expiry_settings: " changed when devices expire",
};

export const ACTIVITY_LABELS: Record<string, string> = {
  fleet_enrolled: "Device enrolled",
  deleted_host: "Device deleted",
  host_identifier_conflict: "Identifier conflict",
  user_logged_in: "Login",
  user_failed_login: "Failed login",
  created_user: "User created",
  deleted_user: "User deleted",
  edited_user: "User changed",
  edited_enroll_secrets: "Enroll secrets changed",
  merged_software_titles: "Titles merged",
  split_software_title: "Title split",
  renamed_software_title: "Title renamed",
  undid_title_correction: "Correction undone",
  created_label: "Label created",
  edited_label: "Label changed",
  deleted_label: "Label deleted",
  edited_label_hosts: "Devices of a label changed",
  edited_collection_settings: "Collection changed",
  edited_host_expiry_settings: "Expiry changed",
  expired_host: "Device expired",
};

function device(details: Activity["details"]): SentencePiece {
  const id = details["host_id"];
  const name = text(details["host_display_name"]) || text(details["host_serial"]) || "A device";
  return { text: name, strong: true, ...(typeof id === "number" ? { host_id: id } : {}) };
}

/** The names of the titles that were corrected. */
function titleNames(details: Activity["details"]): string {
  const titles = Array.isArray(details["titles"]) ? (details["titles"] as unknown[]) : [];
  return titles.map((title) => nameOf(title)).join(", ") || "a title";
}

function intoName(details: Activity["details"]): string {
  return nameOf(details["into"]) || "another title";
}

function nameOf(title: unknown): string {
  return typeof title === "object" && title !== null && "name" in title ? text(title.name) : "";
}

function agent(details: Activity["details"]): string {
  const name = text(details["agent"]);
  return name === "" ? "" : ` with ${AGENTS[name] ?? name}`;
}

function from(address: unknown): SentencePiece[] {
  return text(address) === "" ? [] : [{ text: ` from ${text(address)}` }];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
