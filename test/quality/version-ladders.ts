import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { ProductCatalogue } from "#domain/vulnerability/identity/catalogue.ts";
import { osScope, scopeOfSource } from "#domain/vulnerability/identity/os-scope.ts";
import { resolveIdentity } from "#domain/vulnerability/identity/resolve-identity.ts";
import type { OsScope, SubjectIdentity } from "#domain/vulnerability/model.ts";
import { compareVersions } from "#domain/version/orders.ts";
import { SHARED_DIR } from "#test/support/simulated-osquery/images.ts";

/** The versions that one program went through, oldest first, as its publisher or devices tell them. */
export interface VersionLadder {
  /** Where it is from, and what it is called there. */
  name: string;
  source: string;
  family: "windows" | "darwin";
  row: { name: string; vendor?: string; bundle_identifier?: string };
  versions: string[];
}

/** What is wrong with a ladder. */
export interface LadderFault {
  ladder: string;
  rule: string;
  kind: "not told" | "cannot compare" | "goes down";
  versions: string;
}

const CATALOGUE = join(SHARED_DIR, "data/catalogue");

/** Every history of the shared catalogue: winget's by day, Homebrew's casks and what was seen on devices. */
export function versionLadders(): VersionLadder[] {
  return [...wingetLadders(), ...appLadders(), ...seenLadders()].filter(({ versions }) => versions.length > 1);
}

function lines(file: string): Record<string, unknown>[] {
  const bytes = readFileSync(join(CATALOGUE, file));
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function wingetLadders(): VersionLadder[] {
  return lines("winget-version-history.ndjson.gz").map((row) => {
    const { winget_id, name, versions } = row as { winget_id: string; name: string | null; versions: [string, string][] };
    return {
      name: `winget ${winget_id}`,
      source: "programs",
      family: "windows",
      row: { name: name ?? "" },
      versions: unique(versions.map(([, version]) => version)),
    };
  });
}

interface KnownApp {
  name: string;
  macos?: { bundle_identifier?: string | null; versions?: string[] } | null;
  windows?: { name?: string | null; programs_name?: string | null; versions?: [string, string][] } | null;
}

function appLadders(): VersionLadder[] {
  const apps = JSON.parse(readFileSync(join(CATALOGUE, "apps.json"), "utf8")) as KnownApp[];
  return apps.flatMap(({ name, macos, windows }): VersionLadder[] => [
    {
      name: `cask ${name}`,
      source: "apps",
      family: "darwin",
      row: { name: `${name}.app`, bundle_identifier: macos?.bundle_identifier ?? "" },
      versions: unique(macos?.versions ?? []),
    },
    {
      name: `program ${name}`,
      source: "programs",
      family: "windows",
      row: { name: (windows?.programs_name ?? "") || (windows?.name ?? "") || name },
      versions: unique((windows?.versions ?? []).map(([, version]) => version)),
    },
  ]);
}

function seenLadders(): VersionLadder[] {
  return lines("version-ladders.ndjson").flatMap((row): VersionLadder[] => {
    const { table, name, bundle_identifier, versions } = row as {
      table: string;
      name: string;
      bundle_identifier?: string | null;
      versions: string[];
    };
    if (table !== "apps" && table !== "programs" && table !== "homebrew_packages") return [];
    const family = table === "programs" ? "windows" : "darwin";
    const told = table === "apps" ? `${name}.app` : name;
    const its = { name: told, bundle_identifier: bundle_identifier ?? "" };
    return [{ name: `${table} ${name}`, source: table, family, row: its, versions: unique(versions) }];
  });
}

function unique(versions: readonly string[]): string[] {
  return [...new Set(versions.filter((version) => /\d/.test(version)))];
}

/** A rung of a ladder: the version as told, and what it is looked up as. */
export interface Rung {
  version: string;
  identity: SubjectIdentity;
}

/** The rungs of a ladder whose program is a product; null for others. */
export function rungsOf(ladder: VersionLadder, catalogue: ProductCatalogue): { rungs: Rung[]; scope: OsScope } | null {
  const scope = scopeOfSource(ladder.source, osScope({ platform: ladder.family, name: "", version: "" }));
  const rungs = ladder.versions.map((version) => ({
    version,
    identity: resolveIdentity({ ...emptySoftwareEntry(ladder.source), ...ladder.row, version }, scope, catalogue),
  }));
  const known = rungs.some(({ identity }) => identity.keys.some(({ ecosystem }) => ecosystem === "cpe" || ecosystem === "apple"));
  return known ? { rungs, scope } : null;
}

/** Versions that cannot be told, that cannot be compared with the one before, or that go down where their publisher goes up. */
export function faultsOfLadder(ladder: VersionLadder, rungs: readonly Rung[]): LadderFault[] {
  const faults: LadderFault[] = [];
  const fault = (identity: SubjectIdentity, kind: LadderFault["kind"], versions: string): void => {
    faults.push({ ladder: ladder.name, rule: identity.rule, kind, versions });
  };
  let before: Rung | undefined;
  for (const rung of rungs) {
    const { identity, version } = rung;
    const [key] = identity.keys;
    if (key === undefined) {
      fault(identity, "not told", version);
      continue;
    }
    const [last] = before?.identity.keys ?? [];
    if (last !== undefined && before !== undefined) {
      const order = compareVersions(key.scheme, last.version, key.version);
      if (order === null) fault(identity, "cannot compare", `${before.version} (${last.version}), ${version} (${key.version})`);
      else if (order > 0) fault(identity, "goes down", `${before.version} (${last.version}), ${version} (${key.version})`);
    }
    before = rung;
  }
  return faults;
}
