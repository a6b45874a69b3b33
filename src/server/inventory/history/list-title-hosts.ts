import type { EndpointInput, EndpointResult } from "#protocol/endpoint.ts";
import { HOLDER_ORDER_KEYS, type softwareTitleHosts } from "#protocol/rest/history.ts";
import { notFound } from "../../http/errors.ts";
import { pageOf, pageResult } from "../../http/paging.ts";
import { present } from "../read-software-filter.ts";
import { titleById } from "../title-store.ts";
import type { HistoryDeps } from "./deps.ts";
import { holdersCount, titleHolderList, versionsKnownAt, type HolderRow } from "./holder-store.ts";
import { readPastMoment } from "./read-moment.ts";
import { historySince } from "./retention-store.ts";

type Result = EndpointResult<typeof softwareTitleHosts>;

/**
 * One page of the hosts that held a title at a moment, with the number of hosts on each version then.
 *
 * @throws {HttpError} 404 for an unknown title, 400 for a moment that is not past or parameters that contradict each other.
 */
export async function listTitleHosts(
  deps: HistoryDeps,
  titleId: number,
  query: EndpointInput<typeof softwareTitleHosts>["query"],
): Promise<Result> {
  const { db } = deps;
  const now = deps.now();
  const at = query.as_of === undefined ? now : readPastMoment("as_of", query.as_of, now);
  const page = pageOf(query, { orderKeys: HOLDER_ORDER_KEYS });
  if ((await titleById(db, titleId)) === undefined) throw notFound("id", `There is no software title ${titleId}.`);
  const versions = await versionsKnownAt(db, titleId, at, query.software_version_id);
  const filter = { softwareIds: versions.map((version) => version.id), at, ...present({ query: query.query }) };
  const [read, counts, since] = await Promise.all([
    titleHolderList(db, filter, page),
    holdersCount(db, filter),
    historySince(db),
  ]);
  const byId = new Map(versions.map((version) => [version.id, version]));
  const { rows, meta } = pageResult(read, page);
  return {
    as_of: at.toISOString(),
    history_since: since?.toISOString() ?? null,
    count: counts.count,
    versions: counts.versions.map(({ software_id, hosts_count }) =>
      presentVersion(byId.get(software_id), software_id, hosts_count),
    ),
    hosts: rows.map(presentHolder),
    meta,
  };
}

function presentVersion(known: { name: string; version: string; release: string } | undefined, id: number, hosts_count: number) {
  const release = known?.release ?? "";
  return { id, name: known?.name ?? "", version: known?.version ?? "", ...(release === "" ? {} : { release }), hosts_count };
}

function presentHolder({ host_id, display_name, platform, versions }: HolderRow): Result["hosts"][number] {
  return {
    id: host_id,
    display_name,
    platform,
    versions: versions.map((v) => ({ ...v, installed_at: new Date(v.installed_at).toISOString() })),
  };
}
