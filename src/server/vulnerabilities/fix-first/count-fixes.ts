import type { Database } from "../../database/tables.ts";
import { holdables, partialSuppressions, patternsHeld, systemScopes } from "./fix-holding-store.ts";
import type { Holdable, HostView, PartialSuppression, Pattern, Wanted } from "./fix-holding-store.ts";

/** Vulnerabilities that an update clears in the same subjects. */
export interface ClearedSet {
  fix_id: number;
  subjects: readonly number[];
  vulnerability_ids: readonly number[];
  /** Something may suppress them on some hosts only. */
  partly: boolean;
}

/** On how many hosts an update clears something, and each of its vulnerabilities. */
export interface HostsOfFix {
  hosts_count: number;
  /** By vulnerability; those that no host has are absent. */
  findings: Map<number, number>;
}

/**
 * Counts the hosts of updates and of all that they clear. Every link is read once, however many vulnerabilities there are: what hosts
 * hold is counted in patterns, and the vulnerabilities are counted in those.
 *
 * @param within null: all hosts
 */
export async function countHosts(
  db: Database,
  sets: readonly ClearedSet[],
  within: HostView["within"] = null,
): Promise<Map<number, HostsOfFix>> {
  const members = await holdables(db, [...new Set(sets.flatMap(({ subjects }) => subjects))]);
  const unlike = await partialSuppressions(db, [
    ...new Set(sets.filter(({ partly }) => partly).flatMap((set) => set.vulnerability_ids)),
  ]);
  const view = { hosts: distinct(unlike.map((one) => one.host_id)), labels: distinct(unlike.map((one) => one.label_id)), within };
  const patterns = Map.groupBy(await patternsHeld(db, wantedOf(sets, members), view), ({ fix_id }) => fix_id);
  const scopes = await systemScopes(db);
  const exceptions = Map.groupBy(unlike, (one) => keyOf(one.subject_id, one.vulnerability_id));
  const counted = new Map<number, HostsOfFix>();
  for (const [fix_id, own] of Map.groupBy(sets, (set) => set.fix_id)) {
    const lookup = lookupOf(own, members);
    const holders = (patterns.get(fix_id) ?? []).map((pattern) => ({
      ...pattern,
      subjects: subjectsOf(pattern, lookup, scopes),
    }));
    counted.set(fix_id, countOf(own, holders, exceptions));
  }
  return counted;
}

type Holder = Pattern & { subjects: readonly number[] };
type Exceptions = ReadonlyMap<string, readonly PartialSuppression[]>;

function countOf(sets: readonly ClearedSet[], holders: readonly Holder[], exceptions: Exceptions): HostsOfFix {
  const findings = new Map<number, number>();
  const concerned = new Set<Holder>();
  const add = (found: readonly Holder[], vulnerability: number): void => {
    const hosts = found.reduce((sum, holder) => sum + holder.hosts, 0);
    if (hosts > 0) findings.set(vulnerability, hosts);
  };
  for (const { subjects, vulnerability_ids, partly } of sets) {
    const set = new Set(subjects);
    const holding = holders.filter((holder) => holder.subjects.some((id) => set.has(id)));
    if (!partly) {
      for (const holder of holding) concerned.add(holder);
      for (const id of vulnerability_ids) add(holding, id);
      continue;
    }
    for (const vulnerability of vulnerability_ids) {
      const open = holding.filter((holder) => isOpen(holder, set, vulnerability, exceptions));
      for (const holder of open) concerned.add(holder);
      add(open, vulnerability);
    }
  }
  return { hosts_count: [...concerned].reduce((sum, { hosts }) => sum + hosts, 0), findings };
}

/** Is the vulnerability open there in one of these subjects? */
function isOpen(holder: Holder, subjects: ReadonlySet<number>, vulnerability: number, exceptions: Exceptions): boolean {
  return holder.subjects.some(
    (subject) =>
      subjects.has(subject) &&
      !(exceptions.get(keyOf(subject, vulnerability)) ?? []).some(
        ({ host_id, label_id }) =>
          (host_id === null || host_id === holder.host_id) && (label_id === null || holder.labels.includes(label_id)),
      ),
  );
}

function subjectsOf(
  pattern: Pattern,
  lookup: ReadonlyMap<string, readonly Holdable[]>,
  scopes: ReadonlyMap<number, readonly number[]>,
) {
  const system = pattern.operating_system_id ?? 0;
  const there = scopes.get(system) ?? [];
  const software = pattern.software.flatMap((id, place) => lookup.get(`${id} ${pattern.facts[place] ?? 0}`) ?? []);
  const matching = software.filter(({ os_scope_id }) => os_scope_id === 0 || there.includes(os_scope_id));
  return [...matching, ...(lookup.get(`system ${system}`) ?? [])].map(({ id }) => id);
}

function lookupOf(sets: readonly ClearedSet[], members: ReadonlyMap<number, Holdable>): Map<string, Holdable[]> {
  const own = [...new Set(sets.flatMap(({ subjects }) => subjects))].flatMap((id) => members.get(id) ?? []);
  return Map.groupBy(own, ({ software_id, facts_id, operating_system_id }) =>
    operating_system_id === null ? `${software_id} ${facts_id}` : `system ${operating_system_id}`,
  );
}

/** What is to be looked for, once for each update. */
function wantedOf(sets: readonly ClearedSet[], members: ReadonlyMap<number, Holdable>): Wanted[] {
  const wanted = new Map<string, Wanted>();
  for (const { fix_id, subjects } of sets) {
    for (const subject of subjects) {
      const member = members.get(subject);
      if (member === undefined) continue;
      const { software_id, operating_system_id } = member;
      wanted.set(`${fix_id} ${software_id} ${operating_system_id}`, { fix_id, software_id, operating_system_id });
    }
  }
  return [...wanted.values()];
}

function keyOf(subject: number, vulnerability: number): string {
  return `${subject} ${vulnerability}`;
}

function distinct(ids: readonly (number | null)[]): number[] {
  return [...new Set(ids.filter((id) => id !== null))];
}
