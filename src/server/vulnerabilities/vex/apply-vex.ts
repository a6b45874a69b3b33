import { indexProducts, namesSubject, type ProductIndex } from "#domain/vulnerability/judgement/vex/product-match.ts";
import { suppresses } from "#domain/vulnerability/judgement/vex/statement.ts";
import type { Database } from "../../database/tables.ts";
import type { FindingKey } from "../decisions/suppression-store.ts";
import { vexSubject } from "./vex-subject.ts";
import {
  statementProducts,
  statementsOf,
  subjectRows,
  vexOutcomesReplaceInTx,
  type StatementRow,
  type VexOutcome,
} from "./vex-store.ts";

const BATCH = 5000;

/**
 * Decides anew what VEX documents say of these findings: of the statements that name the software, the latest one counts; of two of the same
 * moment, the one imported later.
 *
 * @returns how many findings a statement speaks of, and how many it suppresses
 */
export async function applyVexInTx(
  tx: Database,
  findings: readonly FindingKey[],
): Promise<{ annotated_count: number; suppressed_count: number }> {
  let [annotated_count, suppressed_count] = [0, 0];
  for (let from = 0; from < findings.length; from += BATCH) {
    const batch = findings.slice(from, from + BATCH);
    // oxlint-disable-next-line no-await-in-loop -- one transaction is one connection
    const outcomes = await outcomesOf(tx, batch);
    // oxlint-disable-next-line no-await-in-loop
    await vexOutcomesReplaceInTx(tx, batch, outcomes);
    annotated_count += outcomes.length;
    suppressed_count += outcomes.filter((outcome) => outcome.suppresses).length;
  }
  return { annotated_count, suppressed_count };
}

async function outcomesOf(tx: Database, findings: readonly FindingKey[]): Promise<VexOutcome[]> {
  const statements = await statementsOf(tx, [...new Set(findings.map((finding) => finding.vulnerability_id))]);
  if (statements.length === 0) return [];
  const byVulnerability = Map.groupBy(statements.toSorted(latestFirst), (statement) => statement.vulnerability_id);
  const concerned = findings.filter((finding) => byVulnerability.has(finding.vulnerability_id));
  const rows = await subjectRows(tx, [...new Set(concerned.map((finding) => finding.subject_id))]);
  const subjects = new Map([...rows].map(([id, row]) => [id, vexSubject(row)]));
  const products = await statementProducts(tx, [...new Set(statements.map((statement) => statement.id))]);
  const indexes = new Map<number, ProductIndex>(products.map((row) => [row.id, indexProducts(row.products)]));
  return concerned.flatMap((finding) => {
    const subject = subjects.get(finding.subject_id);
    const winner = byVulnerability.get(finding.vulnerability_id)?.find(({ id }) => {
      const index = indexes.get(id);
      return subject !== undefined && index !== undefined && namesSubject(index, subject);
    });
    return winner === undefined ? [] : [{ ...finding, statement_id: winner.id, suppresses: suppresses(winner.status) }];
  });
}

function latestFirst(a: StatementRow, b: StatementRow): number {
  return b.stated_at.getTime() - a.stated_at.getTime() || b.id - a.id;
}
