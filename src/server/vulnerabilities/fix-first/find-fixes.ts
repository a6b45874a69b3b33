import { isPrerelease } from "#domain/version/prerelease.ts";
import { VERSION_SCHEMES, type VersionScheme } from "#domain/version/scheme.ts";
import type { Database } from "../../database/tables.ts";
import { fixSteps, nameOfFix, type FixKey } from "./fix-finding-store.ts";

/** One vulnerability that an update clears, before its hosts are counted. */
export interface FixFinding extends FixKey {
  vulnerability_id: number;
  subjects: number[];
  versions: string[];
  scheme: string | null;
  partly: boolean;
}

/** Which updates clear these vulnerabilities. A prerelease is nothing to update a fleet to: what only one fixes waits for the release. */
export async function findFixes(db: Database, vulnerabilityIds: readonly number[]): Promise<FixFinding[]> {
  const steps = (await fixSteps(db, vulnerabilityIds)).filter(
    ({ scheme, resolved_in_version }) => !isPrerelease(schemeOf(scheme), resolved_in_version),
  );
  const groups = Map.groupBy(steps, (step) => `${step.vulnerability_id} ${nameOfFix(step)}`);
  return [...groups.values()].flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    const { resolved_in_version: _version, ...key } = first;
    return {
      ...key,
      subjects: own.flatMap(({ subjects }) => subjects).toSorted((a, b) => a - b),
      versions: own.map(({ resolved_in_version }) => resolved_in_version).toSorted(),
      partly: own.some(({ partly }) => partly),
    };
  });
}

/** The scheme that an identity names, else the one for whatever version there is. */
export function schemeOf(name: string | null): VersionScheme {
  return VERSION_SCHEMES.find((scheme) => scheme === name) ?? "generic";
}
