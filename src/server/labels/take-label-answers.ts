import type { Database } from "../database/tables.ts";
import { holdHosts } from "../inventory/hold-hosts.ts";
import { DYNAMIC_LABELS_MAX, dynamicLabelsOf, hostLabelIds } from "./dynamic-label-store.ts";
import { membershipApplyInTx } from "./label-membership-store.ts";

/** Answers of one host that are looked at: as many as it is asked. */
export const LABEL_ANSWERS_MAX = DYNAMIC_LABELS_MAX;

/**
 * Takes a host's answers to dynamic labels' queries: in or out of each label. Answers for labels that this host is not asked about (of
 * another platform, of another kind, deleted) are left out. Costs two reads, and a write only when something changed.
 *
 * @param answers by label id; queries that failed are absent and change nothing
 * @returns how many answers were refused
 */
export async function takeLabelAnswers(
  db: Database,
  host: { host_id: number; platform: string },
  answers: ReadonlyMap<number, boolean>,
): Promise<number> {
  if (answers.size === 0) return 0;
  const asked = (await dynamicLabelsOf(db, host.platform)).map((label) => label.id).filter((id) => answers.has(id));
  const refused = answers.size - asked.length;
  if (asked.length === 0) return refused;
  const current = new Set(await hostLabelIds(db, host.host_id, asked));
  const moved = asked.filter((id) => answers.get(id) !== current.has(id));
  if (moved.length === 0) return refused;
  await db.transaction().execute(async (tx) => {
    const locked = await holdHosts(tx, [host.host_id]);
    if (locked.length === 0) return;
    // again under the lock: a label that was deleted meanwhile would break the write
    const known = new Set((await dynamicLabelsOf(tx, host.platform)).map((label) => label.id));
    const labelIds = moved.filter((id) => known.has(id));
    const members = labelIds.filter((id) => answers.get(id) === true).map((label_id) => ({ ...host, label_id }));
    await membershipApplyInTx(tx, locked, labelIds, members);
  });
  return refused;
}

/** The queries of the dynamic labels that a host of this platform is asked, by label id. */
export async function labelQueries(db: Database, platform: string): Promise<Map<number, string>> {
  return new Map((await dynamicLabelsOf(db, platform)).map((label) => [label.id, label.query]));
}
