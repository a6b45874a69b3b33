import { clearingVersion } from "#domain/vulnerability/judgement/clearing-versions.ts";
import { VERSION_SCHEMES } from "#domain/version/scheme.ts";
import type { Database } from "../../database/tables.ts";
import { fixSums, type FixCounts, type FixSum } from "./fix-count-store.ts";
import { fixFindings, holdings, hostsOpen, nameOfFix, type FixFinding, type Holding } from "./fix-finding-store.ts";

export type CountedFixFinding = FixFinding & { hosts_count: number };

/** What updates clear of these vulnerabilities at this moment, with the distinct hosts of each; what no host has is left out. */
export async function countedFixFindings(db: Database, vulnerabilityIds: readonly number[]): Promise<CountedFixFinding[]> {
  const found = await fixFindings(db, vulnerabilityIds);
  const hosts = await countedHosts(
    db,
    found.map((finding) => ({
      update: nameOfFix(finding),
      subjects: finding.subjects,
      partly: finding.partly ? [finding.vulnerability_id] : [],
    })),
  );
  return found.map((finding, i) => ({ ...finding, hosts_count: hosts[i] ?? 0 })).filter(({ hosts_count }) => hosts_count > 0);
}

/** What the stored findings of these updates come to at this moment. */
export async function countedFixes(db: Database, ids: readonly number[]): Promise<FixCounts[]> {
  const sums = await fixSums(db, ids);
  const hosts = await countedHosts(
    db,
    sums.map(({ id, subjects, partly }) => ({ update: String(id), subjects, partly })),
  );
  return sums.flatMap((sum, i) => countsOf(sum, hosts[i] ?? 0) ?? []);
}

function countsOf({ scheme, versions, subjects: _s, partly: _p, ...sum }: FixSum, hosts_count: number): FixCounts | null {
  const known = VERSION_SCHEMES.find((name) => name === scheme) ?? "generic";
  const resolved_in_version = clearingVersion(known, versions);
  return resolved_in_version === null || hosts_count === 0 ? null : { ...sum, resolved_in_version, hosts_count };
}

interface HeldSet {
  /** Which update: a subject is of one. */
  update: string;
  subjects: readonly number[];
  /** Empty: every host of the subjects counts; else those on which one of these vulnerabilities is open. */
  partly: readonly number[];
}

/** The distinct hosts of each of these. */
async function countedHosts(db: Database, sets: readonly HeldSet[]): Promise<number[]> {
  const wholes = wholeCounts(sets, await holdings(db, membersOf(sets.filter(({ partly }) => partly.length === 0))));
  const counted: number[] = [];
  for (const { subjects, partly } of sets) {
    // oxlint-disable-next-line no-await-in-loop -- only where a decision is about single hosts or labels
    counted.push(partly.length === 0 ? wholes(subjects) : await hostsOpen(db, partly, subjects));
  }
  return counted;
}

/** Every subject of these sets once, by update. */
function membersOf(sets: readonly HeldSet[]): { group: number; subject: number }[] {
  const updates = Map.groupBy(sets, ({ update }) => update);
  return [...updates.values()].flatMap((own, group) =>
    [...new Set(own.flatMap(({ subjects }) => subjects))].map((subject) => ({ group, subject })),
  );
}

/** Counts hosts that hold any of some subjects of one update. The same subjects are counted once. */
function wholeCounts(sets: readonly HeldSet[], held: readonly Holding[]): (subjects: readonly number[]) => number {
  const updates = new Map(sets.flatMap(({ update, subjects }) => subjects.map((subject) => [subject, update] as const)));
  const byUpdate = Map.groupBy(held, ({ subjects }) => updates.get(subjects[0] ?? 0));
  const known = new Map<string, number>();
  return (subjects) => {
    const name = subjects.join();
    const before = known.get(name);
    if (before !== undefined) return before;
    const wanted = new Set(subjects);
    const own = byUpdate.get(updates.get(subjects[0] ?? 0)) ?? [];
    const hosts = own.reduce((sum, one) => (one.subjects.some((subject) => wanted.has(subject)) ? sum + one.hosts : sum), 0);
    known.set(name, hosts);
    return hosts;
  };
}
