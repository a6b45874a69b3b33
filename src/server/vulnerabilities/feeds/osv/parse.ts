import { archiveMembers } from "../formats/archive.ts";
import { jsonDocument, jsonLines } from "../formats/json-values.ts";
import type { FeedInput, FeedItem } from "../feed.ts";
import type { Tally } from "../formats/tally.ts";
import { osvFolder } from "./ecosystems.ts";
import { osvRecord } from "./record.ts";
import { OSV_RECORD } from "./schema.ts";

/**
 * The records of a file that concern one ecosystem of ours: an archive with a file per record (as OSV's bucket has it), JSON lines, or one
 * record.
 *
 * @param tally counts what was left out, and why
 */
export async function* parseOsv(
  input: FeedInput,
  part: string,
  tally: Tally | undefined = input.tally,
): AsyncGenerator<FeedItem> {
  for await (const { name, value } of values(input)) {
    const item = osvItem(value, name, part, tally);
    if (item !== null) yield item;
  }
}

/**
 * As {@link parseOsv}, for a file of a directory: those that are by their names of another ecosystem are not read. GitHub's advisories speak of
 * a library in every ecosystem that has it, whichever a mirror sorted them by.
 */
export async function* parseOsvFile(input: FeedInput, part: string): AsyncGenerator<FeedItem> {
  const folder = osvFileFolder(input.path);
  if (folder === null || folder === osvFolder(part) || (isGithubMirror(input.path) && !part.includes(":"))) {
    yield* parseOsv(input, part);
  }
}

/** Whether a file of JSON lines holds GitHub's advisories: `osv/npm-ghsa-osv-2025-02.jsonl.gz`. */
export function isGithubMirror(path: string): boolean {
  return /(?:^|[/-])ghsa-[^/]*\.jsonl(?:\.\w+)?$/.test(path.toLowerCase());
}

/** One value of a file as a record of the feed; null when it does not concern the ecosystem. */
export function osvItem(value: unknown, name: string, part: string, tally?: Tally): FeedItem | null {
  if (OSV_RECORD.Check(value)) return osvRecord(value, part, tally);
  // the deepest place that does not fit says most
  const error = OSV_RECORD.Errors(value).toSorted((a, b) => b.instancePath.length - a.instancePath.length)[0];
  return { bad: name, why: `is no OSV record: ${error?.instancePath ?? ""} ${error?.message ?? ""}` };
}

async function* values(input: FeedInput): AsyncGenerator<{ name: string; value: unknown }> {
  if (/\.jsonl(?:\.\w+)?$/.test(input.name)) {
    let line = 0;
    for await (const value of jsonLines(input)) yield { name: `line ${++line}`, value };
  } else if (/\.json(?:\.\w+)?$/.test(input.name)) {
    yield { name: input.name, value: await jsonDocument(input) };
  } else {
    for await (const member of archiveMembers(input, (path) => path.endsWith(".json")))
      yield { name: member.path, value: member.json() };
  }
}

/** What names of files begin with, in OSV's bucket and in mirrors of it, and the folder of the bucket that it is. */
const FILES: Readonly<Record<string, string>> = {
  npm: "npm",
  pypi: "PyPI",
  psf: "PyPI",
  golang: "Go",
  go: "Go",
  "crates.io": "crates.io",
  maven: "Maven",
  rubygems: "RubyGems",
  nuget: "NuGet",
  packagist: "Packagist",
  hex: "Hex",
  pub: "Pub",
  homebrew: "Homebrew",
  vscode: "VSCode",
  debian: "Debian",
  ubuntu: "Ubuntu",
  almalinux: "AlmaLinux",
  rocky: "Rocky Linux",
  "rocky linux": "Rocky Linux",
  alpine: "Alpine",
  "red hat": "Red Hat",
  suse: "SUSE",
  opensuse: "openSUSE",
};

/** The bucket's folder that a file belongs to: by its own name, or its folder's where it is an archive `all`; null when neither tells. */
export function osvFileFolder(path: string): string | null {
  const [file = "", folder = "", above = ""] = path.toLowerCase().split("/").toReversed();
  const names = file.startsWith("all.") ? [folder, above] : [file];
  for (const name of names) {
    const known = FILES[name] ?? FILES[/^([a-z.]+?)(?:-|$)/.exec(name)?.[1] ?? ""];
    if (known !== undefined) return known;
  }
  return null;
}
