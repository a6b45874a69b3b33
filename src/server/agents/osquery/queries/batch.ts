import { isMusterAgentSource, type Platform, platformFamily } from "#domain/software/sources.ts";
import type { OsqueryReadResponse } from "#protocol/osquery/messages.ts";
import { ENTRY_MAKERS } from "../translate/entries.ts";
import { ALL_QUERIES } from "./all.ts";
import { ALL_PLATFORMS, type OsqueryQuery, REFETCH_MARKER } from "./query.ts";

/** Who is asked. */
export interface AskedHost {
  /** As recorded, "" when unknown. */
  platform: string;
  /** "" when unknown: then the oldest variants are asked, which every agent understands. */
  osquery_version: string;
  refetch_requested: boolean;
  /** Muster's own agent reports this host too: the sources it covers are not osquery's. */
  muster_reports: boolean;
}

/** Seconds of faster polling while a host's platform is unknown: its software follows right after its details. */
const ACCELERATE_SECONDS = 10;
/** The discovery of a query that runs everywhere. Very old agents skip every query without one. */
const ALWAYS = "SELECT 1";

/**
 * What a host that is due is asked. A host of unknown platform is asked only what every agent can answer, and polls faster
 * until the rest can be asked.
 */
export function readResponse(host: AskedHost): OsqueryReadResponse {
  const family = platformFamily(host.platform);
  const queries = family === null ? detailsOfAnyPlatform() : queriesOf(family, host);
  const asked = queries.filter((q) => host.refetch_requested || q.name !== REFETCH_MARKER);
  const response: OsqueryReadResponse = {
    queries: Object.fromEntries(asked.map((q) => [q.name, q.sql])),
    discovery: Object.fromEntries(asked.map((q) => [q.name, q.discovery ?? ALWAYS])),
  };
  return family === null ? { ...response, accelerate: ACCELERATE_SECONDS } : response;
}

/** The queries for one platform family, agent version and division of work between agents. */
export function queriesOf(family: Platform, host: Pick<AskedHost, "osquery_version" | "muster_reports">): OsqueryQuery[] {
  // ChromeOS's agent has a numbering of its own; none of its queries depends on it
  const version = family === "chrome" ? "" : host.osquery_version;
  return ALL_QUERIES.filter(
    (q) =>
      q.platforms.includes(family) &&
      (q.since === undefined || isAtLeast(version, q.since)) &&
      (q.until === undefined || !isAtLeast(version, q.until)) &&
      !(host.muster_reports && isMustersOwn(family, q)),
  );
}

function isMustersOwn(family: Platform, query: OsqueryQuery): boolean {
  const source = query.enriches ?? ENTRY_MAKERS.get(query.name)?.source;
  return source !== undefined && isMusterAgentSource(family, source);
}

function detailsOfAnyPlatform(): OsqueryQuery[] {
  return ALL_QUERIES.filter((q) => ALL_PLATFORMS.every((p) => q.platforms.includes(p)));
}

/** Is an osquery version (`5.12.1`, `5.12.1-7-gabc`) the bound or later? False for an unknown one. */
export function isAtLeast(version: string, bound: string): boolean {
  const [have, need] = [numbers(version), numbers(bound)];
  for (const [i, n] of need.entries()) {
    const h = have[i] ?? -1;
    if (h !== n) return h > n;
  }
  return true;
}

function numbers(version: string): number[] {
  return /^\d+(\.\d+)*/.exec(version)?.[0].split(".").map(Number) ?? [];
}
