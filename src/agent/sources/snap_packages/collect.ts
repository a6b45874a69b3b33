import { join } from "node:path";
import { isForbidden, listDirectory, readStart, readText } from "../../system/files.ts";
import { checkRows, checkTime, CollectError } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { assertionHeader, parseSnapState, parseSnapYaml, snapEntry } from "./parse.ts";
import type { SnapState } from "./parse.ts";

const STATE = "/var/lib/snapd/state.json";
const STATE_BYTES_MAX = 32 * 1024 * 1024;
/** Where snaps are mounted: the second on distributions without `/snap` (Fedora, Arch). */
const MOUNTS = ["/snap", "/var/lib/snapd/snap"];
const ASSERTIONS = "/var/lib/snapd/assertions/asserts-v0";
const YAML_BYTES = 64 * 1024;
const ASSERTION_BYTES = 16 * 1024;

/**
 * The installed snaps by snapd's own state, with version and architecture from each snap's metadata and the publisher from the
 * store's signed statements that snapd keeps. None where snapd never ran.
 */
export async function collectSnapPackages(context: CollectContext): Promise<Collected> {
  const collected: Collected = { entries: [], markers: [STATE] };
  const text = await readState(join(context.root, STATE));
  if (text === null) return collected;
  for (const snap of parseState(text)) {
    checkTime(context.signal);
    const { yaml, path } = await readMeta(context.root, snap);
    collected.entries.push(snapEntry(snap, parseSnapYaml(yaml), await publisherOf(context.root, snap.snap_id), path));
    checkRows(collected.entries.length);
  }
  return collected;
}

async function readState(path: string): Promise<string | null> {
  try {
    return await readText(path, STATE_BYTES_MAX);
  } catch (error) {
    if (isForbidden(error)) throw new CollectError("unreadable", `${STATE} may be read by root only: run the agent as root.`);
    throw error;
  }
}

function parseState(text: string): SnapState[] {
  try {
    return parseSnapState(text);
  } catch {
    throw new CollectError("malformed", `${STATE} is not JSON.`);
  }
}

/** @throws CollectError when the snap is not mounted: without its version the row would be another piece of software. */
async function readMeta(root: string, { name, revision }: SnapState): Promise<{ yaml: string; path: string }> {
  if (!/^[\w.-]+$/.test(name) || !/^\w+$/.test(revision)) {
    throw new CollectError("malformed", `${STATE} names a snap that cannot be.`);
  }
  for (const mount of MOUNTS) {
    const path = `${mount}/${name}/${revision}`;
    const yaml = await readStart(join(root, path, "meta/snap.yaml"), YAML_BYTES);
    if (yaml !== "") return { yaml, path };
  }
  throw new CollectError("unreadable", `The snap ${name} (revision ${revision}) is not mounted below ${MOUNTS.join(" or ")}.`);
}

/** The publisher's user name; "" for a snap from a file, or when snapd keeps no statement of it. */
async function publisherOf(root: string, snapId: string): Promise<string> {
  if (!/^\w+$/.test(snapId)) return "";
  const declaration = await readAssertion(root, `snap-declaration/16/${snapId}`);
  const publisher = assertionHeader(declaration, "publisher-id");
  if (!/^[\w-]+$/.test(publisher)) return "";
  return assertionHeader(await readAssertion(root, `account/${publisher}`), "username");
}

/** The newest format of a statement: the file is `active`, or `active.1` and so on for later formats of its kind. */
async function readAssertion(root: string, path: string): Promise<string> {
  const directory = join(root, ASSERTIONS, path);
  const files = (await listDirectory(directory)).map((item) => item.name).filter((name) => /^active(?:\.\d+)?$/.test(name));
  const newest = files.toSorted((a, b) => formatOf(b) - formatOf(a))[0];
  return newest === undefined ? "" : readStart(join(directory, newest), ASSERTION_BYTES);
}

function formatOf(fileName: string): number {
  return Number(fileName.split(".")[1] ?? 0);
}
