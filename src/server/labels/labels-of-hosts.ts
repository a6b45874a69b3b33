import type { HostLabel } from "#protocol/rest/host-labels.ts";
import type { ReadonlyDatabase } from "../database/tables.ts";
import { builtinLabelRows, hostLabelRows } from "./host-label-store.ts";
import type { LabelType, MembershipType } from "./label-store.ts";

/** The labels of each of these hosts, by name; hosts without any are absent. */
export async function labelsOfHosts(db: ReadonlyDatabase, hostIds: number[]): Promise<Map<number, HostLabel[]>> {
  const labels = new Map<number, HostLabel[]>();
  for (const { host_id, label_type, label_membership_type, ...row } of await hostLabelRows(db, hostIds)) {
    const label = {
      ...row,
      display_text: row.name,
      label_type: label_type as LabelType,
      label_membership_type: label_membership_type as MembershipType,
    };
    const list = labels.get(host_id);
    if (list === undefined) labels.set(host_id, [label]);
    else list.push(label);
  }
  return labels;
}

/** The built-in labels, as a summary of hosts names them. */
export async function builtinLabels(db: ReadonlyDatabase) {
  return (await builtinLabelRows(db)).map((row) => ({ ...row, label_type: "builtin" as const }));
}
