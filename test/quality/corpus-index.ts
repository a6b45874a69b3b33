import { compileCatalogue, joinFiles, withLocal, type ProductCatalogue } from "#domain/vulnerability/identity/catalogue.ts";
import type { RangesOf } from "#domain/vulnerability/match-judge.ts";
import type { ExplainedRecord } from "#domain/vulnerability/explain.ts";
import type { AffectedRange, RecordRange, SubjectKey } from "#domain/vulnerability/model.ts";
import { shippedFiles } from "#test/support/product-catalogue.ts";
import { cachedLines, type CachedPart } from "./corpus-cache.ts";

/** An alias may lead to another one: GHSA → PYSEC → CVE. As the server reads them. */
const ALIASES_MAX_HOPS = 3;

/** What the corpus says of the keys that were asked for, as the server would read it from its database. */
export interface CorpusIndex {
  rangesOf: RangesOf;
  records: ReadonlyMap<number, ExplainedRecord>;
  /** Ids that were rejected or withdrawn. */
  rejected: ReadonlySet<string>;
}

export const rangeKey = (key: Pick<SubjectKey, "ecosystem" | "package">): string => `${key.ecosystem}\n${key.package}`;

/** The catalogue of products that ships, with the products that the corpus has vulnerabilities for. */
export async function corpusCatalogue(parts: readonly CachedPart[]): Promise<ProductCatalogue> {
  const used = new Set<string>();
  for (const part of parts) {
    for await (const [ecosystem, name] of cachedLines(part)) if (ecosystem === "cpe") used.add(name);
  }
  const files = [...shippedFiles().values()];
  const compiled = compileCatalogue(joinFiles(files));
  return withLocal(compiled, { corrections: [], isUsedKey: (key) => used.has(key) });
}

/** Reads what the parts say of these keys (see {@link rangeKey}). */
export async function readIndex(parts: readonly CachedPart[], keys: ReadonlySet<string>): Promise<CorpusIndex> {
  const records = new Map<number, ExplainedRecord>();
  const byKey = new Map<string, RecordRange[]>();
  const aliases = new Map<string, string>();
  const rejected = new Set<string>();
  for (const { feed, part, path } of parts) {
    for await (const [first, second, third, json] of cachedLines({ feed, part, path })) {
      if (first === "!") rejected.add(second);
      else if (first === "@") keepAlias(aliases, second, third);
      else if (keys.has(`${first}\n${second}`)) {
        const id = records.size + 1;
        records.set(id, { feed, part, name: third });
        const list = byKey.get(`${first}\n${second}`) ?? [];
        byKey.set(`${first}\n${second}`, list);
        (JSON.parse(json) as AffectedRange[]).forEach((range, at) => list.push({ record_id: id, range_index: at, range }));
      }
    }
  }
  for (const list of byKey.values()) {
    for (const entry of list) {
      const vulnerability = canonical(entry.range.vulnerability, aliases);
      if (vulnerability !== entry.range.vulnerability) entry.range = { ...entry.range, vulnerability };
    }
  }
  return { rangesOf: (ecosystem, name) => byKey.get(`${ecosystem}\n${name}`) ?? NONE, records, rejected };
}

const NONE: readonly RecordRange[] = [];

/** Of several ids that one name stands for: the CVE, then the first by name. */
function keepAlias(aliases: Map<string, string>, alias: string, name: string): void {
  const before = aliases.get(alias);
  const rank = (id: string): string => `${id.startsWith("CVE-") ? 0 : 1}${id}`;
  if (alias !== name && (before === undefined || rank(name) < rank(before))) aliases.set(alias, name);
}

/** Another name of a vulnerability is the one that its findings have. */
export function canonical(name: string, aliases: ReadonlyMap<string, string>): string {
  let found = name;
  for (let hop = 0; hop < ALIASES_MAX_HOPS && !found.startsWith("CVE-"); hop++) found = aliases.get(found) ?? found;
  return found;
}
