import { isSevereEnough, isWanted } from "#domain/vulnerability/judgement/notification-rule.ts";
import type { Database } from "../../database/tables.ts";
import { eventsTakeInTx, itemsInsertInTx, labelsOfSubjects, rulesToMatch } from "./event-store.ts";
import { toldOf } from "./worse-store.ts";

const BATCH = 5000;

/**
 * Sorts new findings, and those whose vulnerability became worse, under the rules that ask for them. An event is taken away in the transaction that notes what it led to: it leads to
 * that exactly once, whenever a process dies.
 *
 * @returns how many events were sorted
 */
export async function sortEvents({ db, now }: { db: Database; now: () => Date }, signal?: AbortSignal): Promise<number> {
  let sorted = 0;
  while (signal?.aborted !== true) {
    // oxlint-disable-next-line no-await-in-loop -- batch after batch
    const taken = await db.transaction().execute(async (tx) => sortBatchInTx(tx, now()));
    sorted += taken;
    if (taken < BATCH) break;
  }
  return sorted;
}

async function sortBatchInTx(tx: Database, now: Date): Promise<number> {
  const { taken, findings } = await eventsTakeInTx(tx, BATCH);
  if (findings.length === 0) return taken;
  const rules = await rulesToMatch(tx);
  if (rules.length === 0) return taken;
  const labelIds = [...new Set(rules.flatMap((rule) => rule.conditions.label_id ?? []))];
  const subjectIds = [...new Set(findings.map((finding) => finding.subject_id))];
  const labels = await labelsOfSubjects(tx, subjectIds, labelIds);
  const worse = findings.flatMap(({ before, vulnerability_id }) => (before === null ? [] : [vulnerability_id]));
  const told = await toldOf(tx, [...new Set(worse)]);
  const items = findings.flatMap((finding) => {
    const known = { ...finding, label_ids: labels.get(finding.subject_id) ?? [] };
    const { subject_id, vulnerability_id, before } = finding;
    return (
      rules
        .filter((rule) => isWanted(rule.conditions, known))
        // what became worse is told by rules that did not ask for it before, once, however often it crosses their limits
        .filter(
          (rule) => before === null || (!isSevereEnough(rule.conditions, before) && !told.has(`${rule.id} ${vulnerability_id}`)),
        )
        .map((rule) => ({ rule_id: rule.id, vulnerability_id, subject_id }))
    );
  });
  await itemsInsertInTx(tx, items, now);
  return taken;
}
