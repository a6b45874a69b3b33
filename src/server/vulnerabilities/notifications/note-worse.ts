import { isSevereEnough } from "#domain/vulnerability/judgement/notification-rule.ts";
import type { Database } from "../../database/tables.ts";
import { rulesToMatch } from "./event-store.ts";
import { judgedVulnerabilities, worseEventsInsertInTx, type JudgedVulnerability } from "./worse-store.ts";

/**
 * Notes vulnerabilities that a rule asks for now and did not before: they became known to be exploited, more probable to be, or more severe. To
 * be called in the transaction that changes them. Costs one look at the rules where nothing crosses any of their limits.
 *
 * @param before as they were, {@link judgedVulnerabilities}; those that were never judged are told as new findings
 */
export async function noteWorse(tx: Database, before: readonly JudgedVulnerability[], cves: readonly string[]): Promise<void> {
  if (before.length === 0) return;
  const rules = await rulesToMatch(tx);
  if (rules.length === 0) return;
  const now = new Map((await judgedVulnerabilities(tx, cves)).map((row) => [row.id, row]));
  const worse = before.filter((was) => {
    const is = now.get(was.id);
    return is !== undefined && rules.some(({ conditions }) => isSevereEnough(conditions, is) && !isSevereEnough(conditions, was));
  });
  if (worse.length > 0) await worseEventsInsertInTx(tx, worse);
}
