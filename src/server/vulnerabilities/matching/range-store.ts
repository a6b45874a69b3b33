import { sql } from "kysely";
import type { AffectedRange, RecordRange } from "#domain/vulnerability/model.ts";
import type { Database } from "#server/database/tables.ts";

interface KeyedRanges {
  ecosystem: string;
  package: string;
  record_id: number;
  ranges: AffectedRange[];
}

/** Everything that feeds say of these keys, in the order of the records: what a run comes to does not depend on how it was read. */
export async function rangesByKeys(
  db: Database,
  keys: readonly { ecosystem: string; package: string }[],
): Promise<KeyedRanges[]> {
  const { rows } = await sql<KeyedRanges>`
    SELECT a.ecosystem, a.package, a.record_id, a.ranges
    FROM unnest(${keys.map((k) => k.ecosystem)}::text[], ${keys.map((k) => k.package)}::text[]) g (ecosystem, package)
      JOIN affected_packages a ON a.ecosystem = g.ecosystem AND a.package = g.package
    ORDER BY a.ecosystem, a.package, a.record_id`.execute(db);
  return rows;
}

/** What these names are other names of: the CVE where there is one. Names that are canonical are not in it. */
export async function aliasesOf(db: Database, names: readonly string[]): Promise<Map<string, string>> {
  if (names.length === 0) return new Map();
  const { rows } = await sql<{ alias: string; vulnerability: string }>`
    SELECT DISTINCT ON (alias) alias, vulnerability FROM vulnerability_aliases
    WHERE alias = ANY (${[...names]}::text[]) AND alias <> vulnerability
    ORDER BY alias, (vulnerability NOT LIKE 'CVE-%'), vulnerability`.execute(db);
  return new Map(rows.map(({ alias, vulnerability }) => [alias, vulnerability]));
}

/** Those of these ids that were rejected or withdrawn, as the record of that very name says. */
export async function rejectedAmong(db: Database, cves: readonly string[]): Promise<Set<string>> {
  if (cves.length === 0) return new Set();
  const { rows } = await sql<{ name: string }>`
    SELECT DISTINCT name FROM feed_records WHERE facts ->> 'rejected' = 'true' AND name = ANY (${[...cves]}::text[])`.execute(db);
  return new Set(rows.map(({ name }) => name));
}

/** Which record ranges stand in. */
export interface RecordSource {
  record_id: number;
  feed: string;
  part: string;
  name: string;
}

export async function recordSources(db: Database, ids: readonly number[]): Promise<Map<number, RecordSource>> {
  const { rows } = await sql<RecordSource>`
    SELECT r.id AS record_id, p.feed, p.part, r.name FROM feed_records r JOIN feed_parts p ON p.id = r.part_id
    WHERE r.id = ANY (${[...ids]}::bigint[])`.execute(db);
  return new Map(rows.map((row) => [row.record_id, row]));
}

/** The ranges of rows as matching takes them, under canonical ids. Places are counted over all rows of one record and key. */
export function recordRanges(rows: readonly KeyedRanges[], aliases: ReadonlyMap<string, string>): Map<string, RecordRange[]> {
  const byKey = new Map<string, RecordRange[]>();
  for (const { ecosystem, package: name, record_id, ranges } of rows) {
    const key = rangeKey(ecosystem, name);
    let list = byKey.get(key);
    if (list === undefined) byKey.set(key, (list = []));
    const from = list.at(-1)?.record_id === record_id ? (list.at(-1)?.range_index ?? -1) + 1 : 0;
    ranges.forEach((range, i) => {
      const canonical = aliases.get(range.vulnerability);
      list.push({
        record_id,
        range_index: from + i,
        range: canonical === undefined ? range : { ...range, vulnerability: canonical },
      });
    });
  }
  return byKey;
}

export function rangeKey(ecosystem: string, name: string): string {
  return `${ecosystem}\n${name}`;
}
