import { clearingVersion } from "#domain/vulnerability/judgement/clearing-versions.ts";
import { VERSION_SCHEMES } from "#domain/version/scheme.ts";
import type { Database } from "../../database/tables.ts";
import { hostsOfSubjectSets } from "../matching/exposure-store.ts";
import { fixSums, type FixCounts, type FixSum } from "./fix-count-store.ts";
import { fixFindings, hostsOpen, type FixFinding } from "./fix-finding-store.ts";

export type CountedFixFinding = FixFinding & { hosts_count: number };

/** What updates clear of these vulnerabilities at this moment, with the distinct hosts of each; what no host has is left out. */
export async function countedFixFindings(db: Database, vulnerabilityIds: readonly number[]): Promise<CountedFixFinding[]> {
  const found = await fixFindings(db, vulnerabilityIds);
  const hosts = await countedHosts(
    db,
    found.map(({ vulnerability_id, subjects, partly }) => ({ subjects, partly: partly ? [vulnerability_id] : [] })),
  );
  return found.map((finding, i) => ({ ...finding, hosts_count: hosts[i] ?? 0 })).filter(({ hosts_count }) => hosts_count > 0);
}

/** What the stored findings of these updates come to at this moment. */
export async function countedFixes(db: Database, ids: readonly number[]): Promise<FixCounts[]> {
  const sums = await fixSums(db, ids);
  const hosts = await countedHosts(db, sums);
  return sums.flatMap((sum, i) => countsOf(sum, hosts[i] ?? 0) ?? []);
}

function countsOf({ scheme, versions, subjects: _s, partly: _p, ...sum }: FixSum, hosts_count: number): FixCounts | null {
  const known = VERSION_SCHEMES.find((name) => name === scheme) ?? "generic";
  const resolved_in_version = clearingVersion(known, versions);
  return resolved_in_version === null || hosts_count === 0 ? null : { ...sum, resolved_in_version, hosts_count };
}

interface HeldSet {
  subjects: readonly number[];
  /** Empty: every host of the subjects counts; else those on which one of these vulnerabilities is open. */
  partly: readonly number[];
}

/** The distinct hosts of each of these; the same subjects are counted once. */
async function countedHosts(db: Database, sets: readonly HeldSet[]): Promise<number[]> {
  const whole = new Map(sets.filter(({ partly }) => partly.length === 0).map(({ subjects }) => [subjects.join(), subjects]));
  const counts = await hostsOfSubjectSets(db, [...whole.values()]);
  const hosts = new Map([...whole.keys()].map((name, i) => [name, counts[i] ?? 0]));
  const counted: number[] = [];
  for (const { subjects, partly } of sets) {
    // oxlint-disable-next-line no-await-in-loop -- only where a decision is about single hosts or labels
    counted.push(partly.length === 0 ? (hosts.get(subjects.join()) ?? 0) : await hostsOpen(db, partly, subjects));
  }
  return counted;
}
