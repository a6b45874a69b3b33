import { readdirSync, readFileSync } from "node:fs";
import { emptySoftwareEntry, type SoftwareFacts, type SoftwareIdentity } from "#domain/software/software.ts";
import { assessed } from "#domain/vulnerability/identity/subject.ts";
import type { VersionScheme } from "#domain/version/scheme.ts";
import { NO_SCOPE, osScope, scopeOfSource, type OperatingSystemFacts } from "#domain/vulnerability/identity/os-scope.ts";
import { resolveOperatingSystem } from "#domain/vulnerability/identity/operating-system.ts";
import { resolveIdentity } from "#domain/vulnerability/identity/resolve-identity.ts";
import type { ProductCatalogue } from "#domain/vulnerability/identity/catalogue.ts";
import type { OsScope, SubjectIdentity } from "#domain/vulnerability/model.ts";

/** One labelled row: what it is, where it was found, and what is known of it from somebody else than the matcher. */
export interface QualityCase {
  /** Unique. */
  id: string;
  /** Kind of software, the unit that is measured: `ubuntu`, `windows`, `npm`, `desktop-macos`, `look-alike`, …. */
  group: string;
  /** The operating system of the host. */
  os: OperatingSystemFacts;
  /** A row of software as its host reports it, with its facts; absent: the operating system itself is the subject. */
  software?: Partial<SoftwareIdentity & SoftwareFacts> & { source: string; name: string };
  /** A library of an ecosystem that no collector reports yet: what it is looked up as. Neither `software` nor the system counts then. */
  library?: { ecosystem: string; package: string; version: string; scheme: VersionScheme };
  /** CVEs that it has. */
  must?: string[];
  /** CVEs that it has not. */
  must_not?: string[];
  /** It has none at all. */
  nothing?: true;
  /** Whose statement the label is, and where it stands. */
  label: string;
  /** The trap of reference §4.9 or the complaint that it stands for. */
  trap?: string;
}

const CASES = new URL("cases/", import.meta.url);

/** Every case of `cases/*.jsonl`. @throws {Error} naming the file and line of one that cannot be used */
export function readCases(): QualityCase[] {
  const cases: QualityCase[] = [];
  const ids = new Set<string>();
  for (const file of readdirSync(CASES).toSorted()) {
    for (const [at, line] of readFileSync(new URL(file, CASES), "utf8").trimEnd().split("\n").entries()) {
      const one = JSON.parse(line) as QualityCase;
      const wrong = faultOf(one, ids);
      if (wrong !== null) throw new Error(`test/quality/cases/${file}:${at + 1}: ${wrong}`);
      ids.add(one.id);
      cases.push(one);
    }
  }
  return cases;
}

function faultOf(one: QualityCase, ids: ReadonlySet<string>): string | null {
  if (ids.has(one.id)) return `there is another case ${one.id}`;
  if (one.label === "") return "a label needs its source";
  const labels = (one.must?.length ?? 0) + (one.must_not?.length ?? 0) + (one.nothing === true ? 1 : 0);
  if (labels === 0) return "nothing is expected of it";
  if (one.nothing === true && (one.must?.length ?? 0) > 0) return "it cannot have something and nothing";
  return one.must?.some((cve) => one.must_not?.includes(cve)) === true ? "a CVE cannot be both" : null;
}

/** What the case's subject is looked up as, and under which scope, as the server does it. */
export function identityOfCase(one: QualityCase, catalogue: ProductCatalogue): { identity: SubjectIdentity; scope: OsScope } {
  const host = osScope(one.os);
  if (one.library !== undefined) return { identity: identityOfLibrary(one.library), scope: NO_SCOPE };
  if (one.software === undefined) {
    return { identity: resolveOperatingSystem(one.os), scope: { name: host.family, family: host.family } };
  }
  const scope = scopeOfSource(one.software.source, host);
  return { identity: resolveIdentity({ ...emptySoftwareEntry(one.software.source), ...one.software }, scope, catalogue), scope };
}

function identityOfLibrary(library: NonNullable<QualityCase["library"]>): SubjectIdentity {
  const { ecosystem } = library;
  return assessed(ecosystem, ecosystem, "Looked up by its exact name.", [{ ...library, name_kind: "package" }]);
}
