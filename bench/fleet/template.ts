import { createHash } from "node:crypto";
import { platformFamily } from "#domain/software/sources.ts";
import { Engine, type EngineResult } from "#test/support/simulated-osquery/engine.ts";
import { hostRows, MARKERS } from "#test/support/simulated-osquery/host-tables.ts";
import type { Image, TableRow } from "#test/support/simulated-osquery/images.ts";
import { tablesOf } from "#test/support/simulated-osquery/schema.ts";
import { seeded } from "./random.ts";

const OSQUERY_VERSION = "5.23.0";
/** The columns that osquery calls a version, best first; what is changed when software is updated. */
const VERSION_COLUMNS = ["bundle_short_version", "version", "bundle_version"];
/** Of 100 rows of an image, so many are missing on a given host, and so many have one of a few other versions. */
const MISSING_PERCENT = 1;
const VARIANT_PERCENT = 2;
const VARIANTS = 3;
/** The share of a host's rows that gets a new version in one generation. */
const CHANGED_SHARE = 0.01;

/** What one host is called. */
export interface Identity {
  hostname: string;
  uuid: string;
  serial: string;
  instance: string;
}

/** A result row, cut where its version stands; `version` null: nothing to change. */
interface Row {
  before: string;
  version: string | null;
  after: string;
}

interface Query {
  name: string;
  /** Rows of software; null for everything else, whose JSON is `text`. */
  rows: Row[] | null;
  text: string;
  /** Place of its first row among all software rows of the image. */
  firstRow: number;
}

/** What a host answers: JSON of the maps `queries` and `statuses`. */
interface Results {
  queries: string;
  statuses: string;
  /** Rows of software. */
  rows: number;
  /** Of them, those with another version than one generation before. */
  changed: number;
}

export interface WriteBody extends Pick<Results, "rows" | "changed"> {
  body: Buffer;
}

/** Makes the identity of a simulated host from its name; stable from run to run. */
export function identityOf(hostname: string): Identity {
  const hash = createHash("sha256").update(hostname).digest("hex");
  const uuid = (at: number): string => hash.slice(at, at + 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  return { hostname, uuid: uuid(0).toUpperCase(), serial: `SN${hash.slice(40, 50).toUpperCase()}`, instance: uuid(16) };
}

/**
 * What all devices of one image answer: the very SQL that the server hands out, run once in SQLite over the image's rows. A host's body
 * is put together from it by joining strings, which costs a fraction of a millisecond.
 */
export class Template {
  readonly image: Image;
  readonly #engine: Engine;
  #queries: Query[] = [];
  #rowCount = 0;
  /** Places of the rows that have a version. */
  #changeable: number[] = [];
  /** By generation: each row's last generation that changed it. */
  readonly #revisions: Uint16Array[] = [];

  constructor(image: Image) {
    this.image = image;
    const family = platformFamily(image.host.platform) ?? "linux";
    const tables = tablesOf(family, OSQUERY_VERSION, false);
    this.#engine = new Engine(tables, hostRows(image, family, OSQUERY_VERSION, tables));
  }

  /** Rows of software that the whole image has. */
  get rowCount(): number {
    return this.#rowCount;
  }

  get isPrepared(): boolean {
    return this.#queries.length > 0;
  }

  enrollBody(identity: Identity, secret: string): Buffer {
    const details: Record<string, TableRow | undefined> = {};
    for (const table of ["os_version", "osquery_info", "system_info", "platform_info"]) {
      const result = this.#engine.run(`SELECT * FROM ${table}`);
      if (result.ok) details[table] = (JSON.parse(result.json) as TableRow[])[0];
    }
    const body = { enroll_secret: secret, host_identifier: identity.uuid, platform_type: "9", host_details: details };
    return Buffer.from(personal(JSON.stringify(body), identity));
  }

  /**
   * Runs what the server handed out.
   *
   * @throws {Error} when a statement fails: a bench over failing queries would measure nothing
   */
  prepare(response: { queries?: Record<string, string>; discovery?: Record<string, string> }): void {
    let rowCount = 0;
    const names = Object.keys(response.queries ?? {}).toSorted();
    for (const name of names) {
      if (this.#run(name, response.discovery?.[name] ?? "SELECT 1").rows === 0) continue;
      const query = toQuery(name, this.#run(name, response.queries?.[name] ?? ""), rowCount);
      rowCount += query.rows?.length ?? 0;
      for (const [i, row] of query.rows?.entries() ?? []) if (row.version !== null) this.#changeable.push(query.firstRow + i);
      this.#queries.push(query);
    }
    this.#rowCount = rowCount;
    this.#revisions.push(new Uint16Array(rowCount));
  }

  #run(name: string, sql: string): EngineResult & { ok: true } {
    const result = this.#engine.run(sql);
    if (!result.ok) throw new Error(`${this.image.name}: ${name} failed: ${result.error}`);
    return result;
  }

  /**
   * The results of a host at a generation: generation 0 is the first, each later one has new versions of 1 % of the rows (at least
   * one). Which rows is the same for all hosts of an image, as an update reaches the whole fleet.
   */
  results(host: number, generation: number, identity: Identity): Results {
    const revisions = this.#revisionsAt(generation);
    let rows = 0;
    let changed = 0;
    const queries = this.#queries.map((query) => {
      if (query.rows === null) return `${JSON.stringify(query.name)}:${personal(query.text, identity)}`;
      const texts: string[] = [];
      for (const [i, row] of query.rows.entries()) {
        const place = query.firstRow + i;
        const chance = seeded(host, place) % 100;
        if (chance < MISSING_PERCENT) continue;
        const variant = chance < MISSING_PERCENT + VARIANT_PERCENT ? `.${(seeded(place, host) % VARIANTS) + 1}` : "";
        const revision = revisions[place] ?? 0;
        if (revision > 0 && revision === generation) changed++;
        texts.push(rowText(row, variant, revision));
      }
      rows += texts.length;
      return `${JSON.stringify(query.name)}:[${texts.join(",")}]`;
    });
    const statuses = this.#queries.map((query) => `${JSON.stringify(query.name)}:0`);
    return { queries: `{${queries.join(",")}}`, statuses: `{${statuses.join(",")}}`, rows, changed };
  }

  /** The body of a distributed write. */
  writeBody(host: number, generation: number, identity: Identity, nodeKey: string): WriteBody {
    const { queries, statuses, rows, changed } = this.results(host, generation, identity);
    const stats = statuses.replaceAll(":0", ':{"wall_time_ms":3,"user_time":1,"system_time":1,"memory":204800}');
    const text = `{"node_key":${JSON.stringify(nodeKey)},"queries":${queries},"statuses":${statuses},"messages":{},"stats":${stats}}`;
    return { body: Buffer.from(text), rows, changed };
  }

  #revisionsAt(generation: number): Uint16Array {
    for (let g = this.#revisions.length; g <= generation; g++) {
      const next = Uint16Array.from(this.#revisions[g - 1] ?? []);
      const order = this.#changeable.toSorted((a, b) => seeded(g, a) - seeded(g, b));
      for (const place of order.slice(0, Math.max(1, Math.round(next.length * CHANGED_SHARE)))) next[place] = g;
      this.#revisions.push(next);
    }
    return this.#revisions[generation] ?? new Uint16Array();
  }
}

function rowText(row: Row, variant: string, revision: number): string {
  if (row.version === null) return row.before;
  return `${row.before}${row.version}${variant}${revision === 0 ? "" : `+u${revision}`}${row.after}`;
}

function toQuery(name: string, result: EngineResult & { ok: true }, firstRow: number): Query {
  const rows = JSON.parse(result.json) as TableRow[];
  const column = VERSION_COLUMNS.find((c) => rows.some((row) => (row[c] ?? "") !== ""));
  if (!name.startsWith("muster_software_") || column === undefined) return { name, rows: null, text: result.json, firstRow };
  return { name, rows: rows.map((row) => cutRow(row, column)), text: "", firstRow };
}

function cutRow(row: TableRow, column: string): Row {
  const version = row[column] ?? "";
  if (version === "") return { before: JSON.stringify(row), version: null, after: "" };
  const mark = "@@version@@";
  const [before = "", after = ""] = JSON.stringify({ ...row, [column]: mark }).split(mark);
  return { before, version: JSON.stringify(version).slice(1, -1), after };
}

/** Puts a host's own values in place of the image's markers. */
function personal(text: string, identity: Identity): string {
  let own = text;
  for (const name of ["hostname", "uuid", "serial", "instance"] as const) own = own.replaceAll(MARKERS[name], identity[name]);
  return own;
}
