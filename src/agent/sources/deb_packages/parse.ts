import { debFacts } from "#domain/software/package-facts.ts";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";

/** What Muster reads of a package's stanza in dpkg's database (deb-control(5)). Absent fields are "". */
export interface DebStanza {
  package: string;
  status: string;
  version: string;
  architecture: string;
  source: string;
  origin: string;
  maintainer: string;
}

const FIELDS: ReadonlyMap<string, keyof DebStanza> = new Map([
  ["package", "package"],
  ["status", "status"],
  ["version", "version"],
  ["architecture", "architecture"],
  ["source", "source"],
  ["origin", "origin"],
  ["maintainer", "maintainer"],
]);

/**
 * The stanzas of a file in dpkg's format. Field names are matched without regard to case, continuation lines are skipped (no
 * field read here has any), a stanza without a package name is left out.
 */
export function parseDebStanzas(text: string): DebStanza[] {
  const stanzas: DebStanza[] = [];
  let current: DebStanza | null = null;
  let start = 0;
  while (start <= text.length) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    const first = text.charCodeAt(start);
    const blank = end === start || text.slice(start, end).trim() === "";
    if (blank) {
      if (current !== null && current.package !== "") stanzas.push(current);
      current = null;
    } else if (first !== SPACE && first !== TAB) {
      current ??= emptyStanza();
      readField(current, text.slice(start, end));
    }
    start = end + 1;
  }
  if (current !== null && current.package !== "") stanzas.push(current);
  return stanzas;
}

const SPACE = 0x20;
const TAB = 0x09;

function emptyStanza(): DebStanza {
  return { package: "", status: "", version: "", architecture: "", source: "", origin: "", maintainer: "" };
}

function readField(stanza: DebStanza, line: string): void {
  const colon = line.indexOf(":");
  // The longest field read here has 12 letters: everything else is passed over without a copy.
  if (colon < 1 || colon > 12) return;
  const field = FIELDS.get(line.slice(0, colon).toLowerCase());
  if (field !== undefined) stanza[field] = line.slice(colon + 1).trim();
}

/**
 * dpkg's journal laid over its database: a later stanza of the same package and architecture replaces the earlier one, as
 * dpkg-query does when it reads `status` and then the files of `updates/` in order.
 */
export function mergeDebStanzas(layers: readonly DebStanza[][]): DebStanza[] {
  const merged = new Map<string, DebStanza>();
  for (const layer of layers) {
    for (const stanza of layer) merged.set(`${stanza.package}:${stanza.architecture}`, stanza);
  }
  return [...merged.values()];
}

/**
 * True for packages that count as installed: whatever is wanted of them (`install`, `hold`, `deinstall`, …), they are complete
 * (Fleet's rule: a status ending in ` ok installed`; reference osquery-remote.md §9, notes).
 */
export function isDebInstalled(stanza: DebStanza): boolean {
  return stanza.status.endsWith(" ok installed");
}

/** A stanza as a row: identity is name and version alone (no architecture: reference osquery-remote.md §10). */
export function debEntry(stanza: DebStanza): SoftwareEntry {
  const { package: name, version, source } = stanza;
  const facts = debFacts({ name, version, source, origin: stanza.origin || stanza.maintainer });
  return { ...emptySoftwareEntry("deb_packages"), name, version, facts };
}
