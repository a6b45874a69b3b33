import type { FleetNeeds } from "../feed.ts";

/**
 * The releases of one distribution that the fleet's software is looked up in.
 *
 * @param ecosystem what its ecosystems begin with: `rpm:rocky:`
 * @param scope what its kinds of host begin with: `rocky:`
 * @param release what a release looks like; the rest is left out
 */
export function fleetReleases(fleet: FleetNeeds, ecosystem: string, scope: string, release: RegExp): string[] {
  const names = [
    ...[...fleet.ecosystems].filter((name) => name.startsWith(ecosystem)).map((name) => name.slice(ecosystem.length)),
    ...fleet.scopes.filter(({ name }) => name.startsWith(scope)).map(({ name }) => name.slice(scope.length)),
  ];
  return [...new Set(names.flatMap((name) => release.exec(name)?.[0] ?? []))].toSorted();
}
