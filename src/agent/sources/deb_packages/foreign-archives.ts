import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { archiveOrigin } from "#domain/software/package-facts.ts";
import { listDirectory, readBytes, readStart } from "../../system/files.ts";
import { checkTime } from "../source.ts";
import type { CollectContext } from "../source.ts";
import type { DebStanza } from "./parse.ts";

const LISTS = "/var/lib/apt/lists";
/** A Release file begins with its origin; what follows are digests. */
const RELEASE_BYTES = 16 * 1024;
/** Archives of a vendor or a person are small; a larger list is a distribution's under another name. */
const LIST_BYTES_MAX = 32 * 1024 * 1024;
const LISTS_MAX = 100;
const unpack = promisify(gunzip);

/** Archives of distributions, by the Origin of their Release files (also those of Ubuntu Pro: `UbuntuESM`). */
const DISTRIBUTIONS =
  /^(?:Debian|Ubuntu|Canonical|Raspbian|Raspberry Pi|Devuan|Kali|Linux ?Mint|pop-os|Pop!_OS|neon|KDE neon|elementary|Zorin|Parrot|Proxmox|Armbian)/i;

/**
 * Which of the installed packages are of an archive that is no distribution's: apt knows from its lists, dpkg does not. Unknown is no
 * failure: lists that are gone, packed in a way that is not read here (lz4) or too large say nothing.
 *
 * @returns the origin, in the words of {@link archiveOrigin}, by `name version`
 */
export async function foreignArchives(
  { root, signal }: Pick<CollectContext, "root" | "signal">,
  installed: readonly Pick<DebStanza, "package" | "version">[],
): Promise<Map<string, string>> {
  const wanted = new Set(installed.map((one) => `${one.package} ${one.version}`));
  const origins = new Map<string, string>();
  const names = (await listDirectory(join(root, LISTS))).map(({ name }) => name).toSorted();
  for (const { prefix, origin } of await foreignReleases(root, names, signal)) {
    const lists = names.filter((name) => name.startsWith(prefix) && /_Packages(?:\.gz)?$/.test(name));
    for (const name of lists.slice(0, LISTS_MAX)) {
      checkTime(signal);
      for (const found of packagesIn(await readList(join(root, LISTS, name)), wanted)) origins.set(found, origin);
    }
  }
  return origins;
}

/** Releases of other makers: what the names of their lists begin with, and who they are. */
async function foreignReleases(
  root: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<{ prefix: string; origin: string }[]> {
  const releases: { prefix: string; origin: string }[] = [];
  for (const name of names) {
    const prefix = /^(.+_)(?:In)?Release$/.exec(name)?.[1];
    if (prefix === undefined || releases.some((known) => known.prefix === prefix)) continue;
    checkTime(signal);
    const text = await readStart(join(root, LISTS, name), RELEASE_BYTES).catch(() => "");
    const origin = field(text, "Origin") || field(text, "Label") || (name.split("_")[0] ?? "");
    if (text !== "" && !DISTRIBUTIONS.test(origin)) releases.push({ prefix, origin: archiveOrigin(origin) });
  }
  return releases;
}

function field(text: string, name: string): string {
  return new RegExp(`^${name}:[ \\t]*(.+)$`, "m").exec(text)?.[1]?.trim() ?? "";
}

async function readList(path: string): Promise<string> {
  try {
    const bytes = await readBytes(path, LIST_BYTES_MAX);
    if (bytes === null) return "";
    return (path.endsWith(".gz") ? await unpack(bytes, { maxOutputLength: LIST_BYTES_MAX }) : bytes).toString("utf8");
  } catch {
    return "";
  }
}

/** Those of the wanted packages (`name version`) that a list has. */
function packagesIn(list: string, wanted: ReadonlySet<string>): string[] {
  return list.split(/\n\s*\n/).flatMap((stanza) => {
    const known = `${field(stanza, "Package")} ${field(stanza, "Version")}`;
    return wanted.has(known) ? [known] : [];
  });
}
