import { identityKey } from "#domain/software/identity.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";

/**
 * A report by older rules of naming, under the names that are recorded: what lies where a recorded row lies, and differs from it only in
 * the name, is that row. Without this, two reporters of one host, of which one was not updated yet, would rename its software back and
 * forth. A name that is recorded itself keeps the paths it is recorded with; what lies elsewhere keeps the name it was reported with.
 */
export function underRecordedNames(recorded: readonly SoftwareEntry[], reported: readonly SoftwareEntry[]): SoftwareEntry[] {
  const owners = new Map<string, SoftwareEntry[]>();
  for (const row of recorded) {
    const nameless = namelessKey(row);
    for (const path of row.installed_paths) {
      const place = JSON.stringify([nameless, path]);
      owners.set(place, [...(owners.get(place) ?? []), row]);
    }
  }
  return reported.flatMap((entry) => splitByOwner(entry, owners));
}

function splitByOwner(entry: SoftwareEntry, owners: ReadonlyMap<string, SoftwareEntry[]>): SoftwareEntry[] {
  const nameless = namelessKey(entry);
  const paths = Map.groupBy(entry.installed_paths, (path) => {
    const known = owners.get(JSON.stringify([nameless, path])) ?? [];
    const name = known.some((row) => row.name === entry.name) ? entry.name : known[0]?.name;
    return name ?? entry.name;
  });
  if (paths.size === 0 || (paths.size === 1 && paths.has(entry.name))) return [entry];
  return [...paths].map(([name, installed_paths]) => ({
    ...entry,
    name,
    installed_paths,
    signature_information: entry.signature_information.filter((s) => installed_paths.includes(s.installed_path)),
  }));
}

function namelessKey(entry: SoftwareEntry): string {
  return identityKey({ ...entry, name: "" });
}
