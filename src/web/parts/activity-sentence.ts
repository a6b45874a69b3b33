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
  const who: SentencePiece = { text: activity.actor_full_name ?? "Somebody", strong: true };
  const user: SentencePiece = { text: text(d["user_name"]) || text(d["user_email"]) || "a user", strong: true };
  switch (activity.type) {
    case "fleet_enrolled":
      return [device(d), { text: ` enrolled${agent(d)}` }];
    case "deleted_host":
      return [who, { text: " deleted the device " }, { text: text(d["host_display_name"]) || "without a name", strong: true }];
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
    default:
      return [...(activity.actor_full_name === null ? [] : [who, { text: ": " }]), { text: activity.type.replaceAll("_", " ") }];
  }
}

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
};

function device(details: Activity["details"]): SentencePiece {
  const id = details["host_id"];
  const name = text(details["host_display_name"]) || text(details["host_serial"]) || "A device";
  return { text: name, strong: true, ...(typeof id === "number" ? { host_id: id } : {}) };
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
