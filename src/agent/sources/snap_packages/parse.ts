import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";

/** An installed snap, as snapd's state names it. */
export interface SnapState {
  name: string;
  /** The store's number for the build that is in use; `x1` and so on for one that came from a file. */
  revision: string;
  /** "" for a snap from a file. */
  snap_id: string;
}

/**
 * The installed snaps of snapd's `state.json` (overlord/snapstate, SnapState), active or disabled, in name order. Nothing else
 * of that file is looked at: it holds the device's keys for the store.
 * @throws SyntaxError when it is no JSON
 */
export function parseSnapState(text: string): SnapState[] {
  const snaps = field(field(JSON.parse(text), "data"), "snaps");
  if (typeof snaps !== "object" || snaps === null) return [];
  const found: SnapState[] = [];
  for (const [name, snap] of Object.entries(snaps)) {
    const revision = textOf(field(snap, "current"));
    // A snap that is being installed has no current revision yet.
    if (name !== "" && revision !== "") found.push({ name, revision, snap_id: snapId(snap, revision) });
  }
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function snapId(snap: unknown, revision: string): string {
  const sequence = field(snap, "sequence");
  if (!Array.isArray(sequence)) return "";
  // Since snapd 2.60 an element is `{ "snap": { … } }`, with the snap's components beside it.
  const revisions = sequence.map((element: unknown) => field(element, "snap") ?? element);
  const current = revisions.find((element) => textOf(field(element, "revision")) === revision);
  return textOf(field(current, "snap-id"));
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

/** Version and architecture of a snap's own `meta/snap.yaml`; "" for what it does not say. */
export interface SnapMeta {
  version: string;
  arch: string;
}

/**
 * Reads the two fields of a snap.yaml that are needed here: scalars at the top level, plain or quoted, and the first item of the
 * list `architectures`. snapd itself allows a version of up to 32 letters, digits and a few signs, so no more of YAML occurs.
 */
export function parseSnapYaml(text: string): SnapMeta {
  const version = /^version:[ \t]*(.*)$/m.exec(text)?.[1] ?? "";
  const flow = /^architectures:[ \t]*\[[ \t]*([^\],\s]+)/m.exec(text)?.[1];
  const block = /^architectures:[ \t]*\r?\n[ \t]*-[ \t]*(.*)$/m.exec(text)?.[1];
  return { version: scalar(version), arch: scalar(flow ?? block ?? "") };
}

function scalar(text: string): string {
  const quoted = /^(["'])(.*?)\1/.exec(text.trim());
  return (quoted?.[2] ?? text.replace(/[ \t]#.*$/, "")).trim();
}

/**
 * The value of a header in an assertion of snapd (`name: value` lines up to the first empty one; docs.ubuntu.com/core, Assertions);
 * "" when it has none.
 */
export function assertionHeader(text: string, name: string): string {
  for (const line of text.split("\n")) {
    if (line === "") break;
    if (line.startsWith(`${name}:`)) return line.slice(name.length + 1).trim();
  }
  return "";
}

/**
 * A snap as a row. Name, version, revision (as `release`), publisher's user name (as `vendor`, the column of `snap list`) and
 * architecture are its identity, which must not change: two revisions of one version are different builds.
 */
export function snapEntry(snap: SnapState, meta: SnapMeta, publisher: string, path: string): SoftwareEntry {
  return {
    ...emptySoftwareEntry("snap_packages"),
    name: snap.name,
    version: meta.version,
    release: snap.revision,
    vendor: publisher,
    arch: meta.arch,
    installed_paths: [path],
  };
}
