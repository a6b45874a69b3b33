import type { Database } from "../../database/tables.ts";
import { applyVexInTx } from "../vex/apply-vex.ts";
import { anythingSuppresses, suppressionsByDecisionsInTx, type FindingKey } from "./suppression-store.ts";

/** Findings in one statement. */
const BATCH = 10_000;

/**
 * Suppresses, of findings that were just opened, what decisions that hold and VEX documents speak of. To be called in the transaction that
 * opens them, so that no list and no message ever shows one that somebody decided about.
 */
export async function suppressFindings(tx: Database, findings: readonly FindingKey[]): Promise<void> {
  if (findings.length === 0) return;
  const { decisions, vex } = await anythingSuppresses(tx);
  if (!decisions && !vex) return;
  for (let from = 0; from < findings.length; from += BATCH) {
    const batch = findings.slice(from, from + BATCH);
    // one transaction is one connection
    // oxlint-disable-next-line no-await-in-loop
    if (decisions) await suppressionsByDecisionsInTx(tx, { findings: batch });
    // oxlint-disable-next-line no-await-in-loop
    if (vex) await applyVexInTx(tx, batch);
  }
}
