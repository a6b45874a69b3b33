import type { RangesOf } from "#domain/vulnerability/match-judge.ts";
import type { RecordRange, SubjectIdentity } from "#domain/vulnerability/model.ts";
import type { Database } from "#server/database/tables.ts";
import { aliasesOf, rangeKey, rangesByKeys, recordRanges } from "./range-store.ts";

const NONE: readonly RecordRange[] = [];
const ALIASES_MAX_HOPS = 3;

/** Reads everything that feeds say of the keys of these identities, once each, under canonical ids. */
export async function readRanges(db: Database, identities: readonly SubjectIdentity[]): Promise<RangesOf> {
  const keys = new Map(
    identities.flatMap(({ keys: own }) => own.map((key) => [rangeKey(key.ecosystem, key.package), key] as const)),
  );
  if (keys.size === 0) return () => NONE;
  const rows = await rangesByKeys(db, [...keys.values()]);
  const named = new Set(
    rows.flatMap(({ ranges }) => ranges.map((r) => r.vulnerability).filter((name) => !name.startsWith("CVE-"))),
  );
  const byKey = recordRanges(rows, await canonicalNames(db, [...named]));
  return (ecosystem, name) => byKey.get(rangeKey(ecosystem, name)) ?? NONE;
}

/** An alias may lead to another one: GHSA → PYSEC → CVE. */
export async function canonicalNames(db: Database, names: readonly string[]): Promise<Map<string, string>> {
  const canonical = new Map<string, string>();
  let ask = [...names];
  for (let hop = 0; hop < ALIASES_MAX_HOPS && ask.length > 0; hop++) {
    // oxlint-disable-next-line no-await-in-loop -- one step of the chain after the other
    const found = await aliasesOf(db, ask);
    for (const name of names) {
      const next = found.get(canonical.get(name) ?? name);
      if (next !== undefined) canonical.set(name, next);
    }
    ask = [...new Set(found.values())].filter((name) => !name.startsWith("CVE-"));
  }
  return canonical;
}
