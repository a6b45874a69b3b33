import { withLocal } from "#domain/vulnerability/identity/catalogue.ts";
import { matchSubject } from "#domain/vulnerability/match.ts";
import type { ProductCorrectionPreview, ProductCorrectionRequest } from "#protocol/rest/product-identities.ts";
import type { Database } from "../../database/tables.ts";
import { resolveSubject } from "../matching/match-subjects.ts";
import { readRanges } from "../matching/read-ranges.ts";
import { subjectRows } from "../matching/subject-store.ts";
import { loadProductCatalogue } from "./load-catalogue.ts";
import { findingsOf, hostsHolding, subjectIdsOf } from "./product-correction-store.ts";
import { localOf, readCorrected } from "./read-corrected.ts";

/** Subjects whose vulnerabilities are compared: matching many is the background's work. */
const SUBJECTS_MAX = 200;
const SOFTWARE_SHOWN = 100;
const FINDINGS_SHOWN = 1000;

/** What a correction would change, without changing it: identities and vulnerabilities, before and after. */
export async function previewProductCorrection(
  deps: { db: Database; directory: string },
  request: ProductCorrectionRequest,
): Promise<ProductCorrectionPreview> {
  const { db } = deps;
  const software = await readCorrected(db, request);
  const ids = software.map(({ id }) => id);
  const catalogue = await loadProductCatalogue(deps);
  const corrections = [...catalogue.corrections, localOf(request, 0)];
  const corrected = withLocal(catalogue, { corrections, isUsedKey: (key) => catalogue.isUsedKey(key) });
  const subjectIds = await subjectIdsOf(db, ids, SUBJECTS_MAX + 1);
  const rows = await subjectRows(db, subjectIds.slice(0, SUBJECTS_MAX));
  const subjects = rows.map((row) => ({
    row,
    before: resolveSubject(row, catalogue),
    after: resolveSubject(row, corrected),
  }));
  const told = new Map(subjects.map(({ row, before, after }) => [row.software?.software_id, { before, after }]));
  const { opened, closed } = await changedFindings(db, subjects);
  return {
    software_count: software.length,
    hosts_count: await hostsHolding(db, ids),
    software: software.slice(0, SOFTWARE_SHOWN).map(({ id, name, version, source }) => ({
      software_version_id: id,
      name,
      version,
      source,
      before: told.get(id)?.before.why ?? "",
      after: told.get(id)?.after.why ?? "",
    })),
    opened: opened.slice(0, FINDINGS_SHOWN),
    closed: closed.slice(0, FINDINGS_SHOWN),
    opened_count: opened.length,
    closed_count: closed.length,
    unknown_products: request.products.filter((product) => !catalogue.isUsedKey(product)),
    complete: subjectIds.length <= SUBJECTS_MAX,
  };
}

interface Compared {
  row: Awaited<ReturnType<typeof subjectRows>>[number];
  after: ReturnType<typeof resolveSubject>;
}

interface Changed {
  cve: string;
  software_count: number;
}

async function changedFindings(db: Database, subjects: readonly Compared[]): Promise<{ opened: Changed[]; closed: Changed[] }> {
  if (subjects.length === 0) return { opened: [], closed: [] };
  const rangesOf = await readRanges(
    db,
    subjects.map(({ after }) => after),
  );
  const will = new Set(
    subjects.flatMap(({ row, after }) => matchSubject(after, row.scope, rangesOf).map((m) => `${row.id} ${m.vulnerability}`)),
  );
  const found = await findingsOf(
    db,
    subjects.map(({ row }) => row.id),
  );
  const now = new Set(found.map(({ subject_id, cve }) => `${subject_id} ${cve}`));
  return { opened: counted(will.difference(now)), closed: counted(now.difference(will)) };
}

/** Vulnerabilities with the number of subjects, the most common first. */
function counted(pairs: ReadonlySet<string>): Changed[] {
  const counts = new Map<string, number>();
  for (const pair of pairs) {
    const cve = pair.slice(pair.indexOf(" ") + 1);
    counts.set(cve, (counts.get(cve) ?? 0) + 1);
  }
  return [...counts]
    .map(([cve, software_count]) => ({ cve, software_count }))
    .toSorted((a, b) => b.software_count - a.software_count || (a.cve < b.cve ? 1 : -1));
}
