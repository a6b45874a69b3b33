import { basename } from "node:path";
import { appName } from "#domain/software/app-name.ts";
import { emptySoftwareEntry, type SignatureInformation, type SoftwareEntry } from "#domain/software/software.ts";
import { plistDictionary, plistText } from "../../formats/plist.ts";

/** An application, as its Info.plist describes it: named and identified as osquery's table `apps` would be on the server. */
export function parseApp(path: string, infoPlist: Uint8Array): SoftwareEntry {
  const info = plistDictionary(infoPlist);
  return {
    ...emptySoftwareEntry("apps"),
    name: appName({
      display_name: plistText(info, "CFBundleDisplayName"),
      bundle_name: plistText(info, "CFBundleName"),
      bundle_executable: plistText(info, "CFBundleExecutable"),
      name: basename(path),
    }),
    version: plistText(info, "CFBundleShortVersionString") || plistText(info, "CFBundleVersion"),
    bundle_identifier: plistText(info, "CFBundleIdentifier"),
    installed_paths: [path],
  };
}

/** Below an application's folder: where its program is. "" when it names none, or one outside. */
export function executablePath(path: string, infoPlist: Uint8Array): string {
  const name = plistText(plistDictionary(infoPlist), "CFBundleExecutable");
  return name === "" || name.includes("/") || name.includes("\0") || name === ".." ? "" : `${path}/Contents/MacOS/${name}`;
}

/**
 * What `codesign --display --verbose=4` says of an application (it writes to its standard error): the team and the hash of its code
 * directory. Null when it is not signed. An ad-hoc signature has no team.
 */
export function parseCodesign(text: string): Pick<SignatureInformation, "team_identifier" | "hash_sha256"> | null {
  const value = (key: string) => new RegExp(`^${key}=(.*)$`, "m").exec(text)?.[1]?.trim() ?? "";
  const team = value("TeamIdentifier");
  const hash = value("CandidateCDHashFull sha256") || value("CDHash");
  if (team === "" && hash === "") return null;
  return { team_identifier: team === "not set" ? "" : team, hash_sha256: hash };
}

/**
 * What `mdls -raw -name kMDItemLastUsedDate …` writes for several files: their dates in order, each ended by a NUL; `(null)` for one
 * that was never opened. Unix seconds.
 */
export function parseLastUsed(text: string): (number | null)[] {
  const parts = text.split("\0");
  if (parts.at(-1) === "") parts.pop();
  return parts.map((part) => {
    const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) ([+-]\d{4})$/.exec(part.trim());
    if (match === null) return null;
    const [, day, time, zone = ""] = match;
    const at = Date.parse(`${day}T${time}${zone.slice(0, 3)}:${zone.slice(3)}`);
    return Number.isNaN(at) ? null : Math.floor(at / 1000);
  });
}
