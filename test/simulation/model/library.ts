import type { SoftwareEntry } from "#domain/software/software.ts";
import { platformFamily } from "#domain/software/sources.ts";
import { ALL_QUERIES } from "#server/agents/osquery/queries/all.ts";
import { REFETCH_MARKER } from "#server/agents/osquery/queries/query.ts";
import { detailsOfResults } from "#server/agents/osquery/translate/details.ts";
import { writeResults } from "#server/agents/osquery/translate/results.ts";
import { softwareReports } from "#server/agents/osquery/translate/software.ts";
import { prepareReport } from "#server/inventory/prepare-report.ts";
import type { PreparedReport } from "#server/inventory/prepare-report.ts";
import { Engine } from "#test/support/simulated-osquery/engine.ts";
import { hostRows } from "#test/support/simulated-osquery/host-tables.ts";
import { fixtureImage, fixtureImageNames, HAS_SHARED_IMAGES, sharedImage } from "#test/support/simulated-osquery/images.ts";
import type { Image, TableRow } from "#test/support/simulated-osquery/images.ts";
import { tablesOf } from "#test/support/simulated-osquery/schema.ts";

const OSQUERY_VERSION = "5.23.0";
/** Of the shared images, small ones of every platform and source: a seed has to be quick. */
const SHARED = [
  "macos-composite-earlier-fleet",
  "macos-composite-later-fleet",
  "windows-composite-earlier-fleet",
  "windows-composite-later-fleet",
  "windows-11-fleet",
  "windows-11-amcache",
  "windows-store-arp-winget",
  "linux-ubuntu-16.04-osquery",
];

/** Rows by the name of the query that gives them. */
export type QueryRows = Map<string, TableRow[]>;

/** What devices of one image say: by osquery's queries, and as Muster's agent would. */
export interface LibraryImage {
  name: string;
  platform: string;
  family: string;
  queries: QueryRows;
  holdings: Map<string, SoftwareEntry[]>;
}

/** Results as they go on the wire. */
export function writeBody(rows: QueryRows, failed: ReadonlySet<string>): { queries: object; statuses: object; messages: object } {
  const names = [...rows.keys()];
  return {
    queries: Object.fromEntries(names.map((name) => [name, failed.has(name) ? [] : rows.get(name)])),
    statuses: Object.fromEntries(names.map((name) => [name, failed.has(name) ? 1 : 0])),
    messages: Object.fromEntries(names.map((name) => [name, failed.has(name) ? "disk I/O error" : ""])),
  };
}

/** All that the server makes of results before it turns to the database: the pure rules, which have tests of their own. */
export function understood(rows: QueryRows, failed: ReadonlySet<string>): PreparedReport {
  const { results } = writeResults(writeBody(rows, failed) as Parameters<typeof writeResults>[0]);
  return prepareReport(softwareReports(results, detailsOfResults(results).platform ?? ""));
}

let library: LibraryImage[] | null = null;

/** The images that simulated devices are made of; read once a process. */
export function simulationLibrary(): LibraryImage[] {
  library ??= [...fixtureImageNames().map(fixtureImage), ...(HAS_SHARED_IMAGES ? SHARED.map(sharedImage) : [])].map(
    simulationImage,
  );
  return library;
}

/** Runs Muster's own statements over an image's rows, and its rules over the results. */
export function simulationImage(image: Image): LibraryImage {
  const family = platformFamily(image.host.platform) ?? "linux";
  const tables = tablesOf(family, OSQUERY_VERSION, false);
  const engine = new Engine(tables, hostRows(image, family, OSQUERY_VERSION, tables));
  const queries: QueryRows = new Map();
  for (const query of ALL_QUERIES) {
    const isAsked = query.platforms.some((p) => p === family) && query.until === undefined && query.name !== REFETCH_MARKER;
    if (!isAsked) continue;
    if (query.discovery !== undefined && !hasRows(engine, query.discovery)) continue;
    const result = engine.run(query.sql);
    if (result.ok) queries.set(query.name, JSON.parse(result.json) as TableRow[]);
  }
  const prepared = understood(queries, new Set());
  const holdings = new Map(prepared.sources.filter((s) => s.entries.length > 0).map((s) => [s.source, s.entries]));
  return { name: image.name, platform: image.host.platform, family, queries, holdings };
}

function hasRows(engine: Engine, sql: string): boolean {
  const result = engine.run(sql);
  return result.ok && result.rows > 0;
}
