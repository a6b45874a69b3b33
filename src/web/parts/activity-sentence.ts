import type { Activity } from "#protocol/rest/activities.ts";

/** An entry of the audit trail as a sentence in pieces; a piece with `host_id` leads to that device. */
export interface SentencePiece {
  text: string;
  strong?: boolean;
  host_id?: number;
}

const AGENTS: Record<string, string> = { osquery: "osquery", muster: "Muster's agent", orbit: "orbit" };

type Details = Activity["details"];

/** What happened, in words. An entry of an unknown kind (a newer server's) shows its kind as it is. */
export function activitySentence(activity: Activity): SentencePiece[] {
  const who: SentencePiece = { text: activity.actor_full_name ?? "Somebody", strong: true };
  const { type, details } = activity;
  const event = EVENTS[type];
  if (event !== undefined) return event(details);
  const action = ACTIONS[type];
  if (action !== undefined) return [who, ...action(details)];
  return [...(activity.actor_full_name === null ? [] : [who, { text: ": " }]), { text: type.replaceAll("_", " ") }];
}

/** Why a decision ended by itself. */
const REOPENED: Readonly<Record<string, string>> = {
  expired: "its last day is over",
  epss: "its probability of exploitation rose",
  kev: "it is known to be exploited now",
  severity: "its severity rose",
  fix: "there is a fix now",
};

/** What happened without anybody doing it, or to somebody. */
const EVENTS: Readonly<Record<string, (d: Details) => SentencePiece[]>> = {
  fleet_enrolled: (d) => [device(d), { text: ` enrolled${agent(d)}` }],
  expired_host: (d) => [
    { text: text(d["host_display_name"]) || "A device", strong: true },
    { text: " was not seen for too long and was deleted" },
  ],
  host_identifier_conflict: (d) => [
    { text: "Two devices identify themselves as " },
    { text: text(d["identifier"]) || "the same", strong: true },
    { text: "; the other one is " },
    device(d),
    ...from(d["remote_address"]),
  ],
  user_failed_login: (d) => [
    { text: "A login as " },
    { text: text(d["email"]) || "an unknown address", strong: true },
    { text: " failed" },
    ...from(d["public_ip"]),
  ],
  reopened_vulnerability_decision: (d) => [
    { text: `${decisionName(d).replace("the", "The")} ` },
    { text: text(d["cve"]), strong: true },
    { text: ` ended: ${REOPENED[text(d["reason"])] ?? "its time is over"}; its findings are open again` },
  ],
};

function decisionName(d: Details): string {
  return d["kind"] === "accepted_risk" ? "the accepted risk of" : "the false positive of";
}

function because(words: unknown): SentencePiece[] {
  return text(words) === "" ? [] : [{ text: ` (“${text(words)}”)` }];
}

/** What somebody did; their name stands before it. */
const ACTIONS: Readonly<Record<string, (d: Details) => SentencePiece[]>> = {
  user_logged_in: (d) => [{ text: " logged in" }, ...from(d["public_ip"])],
  deleted_host: (d) => did(" deleted the device ", text(d["host_display_name"]) || "without a name"),
  created_user: (d) => did(" created the user ", userName(d)),
  deleted_user: (d) => did(" deleted the user ", userName(d)),
  edited_user: (d) => did(" changed the user ", userName(d)),
  edited_enroll_secrets: () => [{ text: " changed the enroll secrets" }],
  merged_software_titles: (d) => [...did(" merged ", titleNames(d)), ...did(" into ", intoName(d))],
  split_software_title: (d) => [...did(" split ", intoName(d)), ...did(" from ", titleNames(d))],
  renamed_software_title: (d) => [...did(" renamed ", titleNames(d)), ...did(" to ", text(d["name"]))],
  undid_title_correction: (d) => did(` undid the ${text(d["correction_type"]) || "correction"} of `, titleNames(d)),
  created_label: (d) => did(" created the label ", text(d["label_name"])),
  edited_label: (d) => did(" changed the label ", text(d["label_name"])),
  edited_label_hosts: (d) => did(" changed the devices of the label ", text(d["label_name"])),
  deleted_label: (d) => did(" deleted the label ", text(d["label_name"])),
  // settings are the fleet's, or a label's
  edited_collection_settings: (d) => did(" changed what is collected", text(d["label_name"])),
  edited_host_expiry_settings: () => [{ text: " changed when devices expire" }],
  synced_vulnerability_feed: (d) =>
    did(" had the vulnerability feed updated: ", [text(d["feed"]), text(d["part"])].join(" ").trim()),
  requested_vulnerability_rescan: () => [{ text: " had everything matched against vulnerability feeds again" }],
  imported_vulnerability_feeds: (d) => did(" imported vulnerability feeds from ", text(d["file_name"])),
  created_vulnerability_decision: (d) => [
    ...did(d["kind"] === "accepted_risk" ? " accepted the risk of " : " called a false positive: ", text(d["cve"])),
    ...because(d["reason"]),
  ],
  revoked_vulnerability_decision: (d) => [...did(` revoked ${decisionName(d)} `, text(d["cve"])), ...because(d["note"])],
  imported_vex_document: (d) => did(" imported the VEX document ", text(d["name"])),
  deleted_vex_document: (d) => did(" deleted the VEX document ", text(d["name"])),
  created_product_correction: (d) => did(" corrected which product this is: ", text(d["software"])),
  undid_product_correction: (d) => did(" undid the correction of which product this is: ", text(d["software"])),
  created_notification_rule: (d) => did(" created the notification ", text(d["rule_name"])),
  edited_notification_rule: (d) => did(" changed the notification ", text(d["rule_name"])),
  deleted_notification_rule: (d) => did(" deleted the notification ", text(d["rule_name"])),
  replayed_notification: (d) => did(" had a notification sent again: ", text(d["rule_name"])),
  edited_vulnerability_sla_settings: () => [{ text: " changed until when vulnerabilities are to be fixed" }],
};

function did(words: string, about: string): SentencePiece[] {
  return [{ text: words }, { text: about, strong: true }];
}

function userName(d: Details): string {
  return text(d["user_name"]) || text(d["user_email"]) || "a user";
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
  synced_vulnerability_feed: "Vulnerability feed updated",
  requested_vulnerability_rescan: "Vulnerabilities matched again",
  imported_vulnerability_feeds: "Vulnerability feeds imported",
  created_vulnerability_decision: "Vulnerability decided about",
  revoked_vulnerability_decision: "Decision revoked",
  reopened_vulnerability_decision: "Decision ended by itself",
  imported_vex_document: "VEX document imported",
  deleted_vex_document: "VEX document deleted",
  created_product_correction: "Product corrected",
  undid_product_correction: "Product correction undone",
  created_notification_rule: "Notification created",
  edited_notification_rule: "Notification changed",
  deleted_notification_rule: "Notification deleted",
  replayed_notification: "Notification sent again",
  edited_vulnerability_sla_settings: "Times to fix changed",
};

function device(details: Details): SentencePiece {
  const id = details["host_id"];
  const name = text(details["host_display_name"]) || text(details["host_serial"]) || "A device";
  return { text: name, strong: true, ...(typeof id === "number" ? { host_id: id } : {}) };
}

/** The names of the titles that were corrected. */
function titleNames(details: Details): string {
  const titles = Array.isArray(details["titles"]) ? (details["titles"] as unknown[]) : [];
  return titles.map((title) => nameOf(title)).join(", ") || "a title";
}

function intoName(details: Details): string {
  return nameOf(details["into"]) || "another title";
}

function nameOf(title: unknown): string {
  return typeof title === "object" && title !== null && "name" in title ? text(title.name) : "";
}

function agent(details: Details): string {
  const name = text(details["agent"]);
  return name === "" ? "" : ` with ${AGENTS[name] ?? name}`;
}

function from(address: unknown): SentencePiece[] {
  return text(address) === "" ? [] : [{ text: ` from ${text(address)}` }];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
