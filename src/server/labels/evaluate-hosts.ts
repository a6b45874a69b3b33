import { conditionsOf } from "#domain/labels/criteria.ts";
import { evaluateCriteria } from "#domain/labels/evaluate-criteria.ts";
import type { ReadonlyDatabase } from "../database/tables.ts";
import type { CriteriaLabel } from "./evaluation-store.ts";
import { hostSoftwareNamed, hostVitals } from "./host-vitals-store.ts";
import type { LabelMember } from "./label-membership-store.ts";

/** Which of these hosts belong to which of these labels: reads what the criteria ask about, in bulk, and applies the domain's rule. */
export async function evaluateHosts(db: ReadonlyDatabase, hostIds: number[], labels: CriteriaLabel[]): Promise<LabelMember[]> {
  if (hostIds.length === 0 || labels.length === 0) return [];
  const conditions = labels.flatMap((label) => conditionsOf(label.criteria));
  const names = new Set(conditions.filter((c) => c.vital === "software").map((c) => c.value));
  const software = await hostSoftwareNamed(db, hostIds, [...names]);
  const hosts = await hostVitals(db, hostIds);
  return hosts.flatMap((host) =>
    labels
      .filter((label) => evaluateCriteria(label.criteria, host, software.get(host.id) ?? []))
      .map((label) => ({ host_id: host.id, label_id: label.id })),
  );
}
