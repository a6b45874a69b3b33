import type { FleetNeeds } from "../feed.ts";

export interface SuseProduct {
  /** `sles:15.4`, `sle-micro:5.5`, `opensuse-leap:15.5`, `opensuse-tumbleweed`: the part of SUSE's feeds. */
  release: string;
  /** Its updates go on after the release's own support: `ltss`, `ltss-sap`, `espos`, `bcl`. */
  channel?: string;
}

const ENTERPRISE =
  /^SUSE Linux Enterprise (?:Server|Desktop|High Performance Computing|Module for [A-Za-z0-9 ]+?|Software Development Kit|Workstation Extension|Live Patching|High Availability Extension|(Server for SAP [Aa]pplications)) (LTSS Extended Security )?(\d+)(?:\.(\d+))?(?: SP(\d+))?(?:[- ](LTSS|ESPOS|BCL))?(?: .*)?$/u;

/**
 * Which release a product's name in SUSE's data is of, with modules and extensions counted to the server they belong to. Null for other
 * products (Manager, Real Time, containers): their packages may have the same names at other versions.
 */
export function suseProduct(name: string): SuseProduct | null {
  const micro = /^(?:SUSE Linux (?:Enterprise )?|(openSUSE Leap ))Micro (\d+\.\d+)/u.exec(name);
  if (micro !== null) return { release: `${micro[1] === undefined ? "sle-micro" : "opensuse-leap-micro"}:${micro[2]}` };
  const leap = /^openSUSE Leap (\d+\.\d+)/u.exec(name)?.[1];
  if (leap !== undefined) return { release: `opensuse-leap:${leap}` };
  if (name.startsWith("openSUSE Tumbleweed")) return { release: "opensuse-tumbleweed" };
  const old = /^sles(\d+)-sp(\d+)$/u.exec(name);
  if (old !== null) return { release: `sles:${old[1]}.${old[2]}` };
  const parts = ENTERPRISE.exec(name);
  if (parts === null || /Teradata/u.test(name)) return null;
  const [, sap, extended, major = "", minor, servicePack, told] = parts;
  const support = extended === undefined ? told : "LTSS";
  const channel = sap === undefined ? support?.toLowerCase() : "ltss-sap";
  const release = minor ?? servicePack;
  return { release: `sles:${major}${release === undefined ? "" : `.${release}`}`, ...(channel !== undefined && { channel }) };
}

/** SUSE's releases that the fleet's software is looked up in. */
export function suseReleases(fleet: FleetNeeds): string[] {
  const names = [
    ...[...fleet.ecosystems].flatMap((name) => /^rpm:((?:sles|sle-micro|opensuse-).*)$/u.exec(name)?.[1] ?? []),
    ...fleet.scopes.flatMap(
      ({ name }) =>
        /^(?:sles:\d+(?:\.\d+)?|(?:sle-micro|opensuse-leap(?:-micro)?):\d+\.\d+|opensuse-tumbleweed)/u.exec(name)?.[0] ?? [],
    ),
  ];
  return [...new Set(names)].toSorted();
}
