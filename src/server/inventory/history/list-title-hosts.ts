import type { EndpointInput, EndpointResult } from "#protocol/endpoint.ts";
import { PER_PAGE_DEFAULT } from "#domain/core/limits.ts";
import type { softwareTitleHosts } from "#protocol/rest/history.ts";
import { badRequest, notFound } from "../../http/errors.ts";
import { titleById } from "../title-store.ts";
import type { HistoryDeps } from "./deps.ts";
import { titleHolderList, titleHoldersCount, versionHoldersCount, versionsKnownAt, type HolderRow } from "./holder-store.ts";
import { readPastMoment } from "./read-moment.ts";
import { historySince } from "./retention-store.ts";

type Result = EndpointResult<typeof softwareTitleHosts>;

/**
 * One page of the hosts that held a title at a moment, with the number of hosts on each version then.
 *
 * @throws {HttpError} 404 for an unknown title, 400 for a moment that is not past or a wrong cursor.
 */
export async function listTitleHosts(
  deps: HistoryDeps,
  titleId: number,
  query: EndpointInput<typeof softwareTitleHosts>["query"],
): Promise<Result> {
  const { db } = deps;
  const now = deps.now();
  const at = query.as_of === undefined ? now : readPastMoment("as_of", query.as_of, now);
  const limit = query.per_page ?? PER_PAGE_DEFAULT;
  const afterHostId = readCursor(query.after);
  if ((await titleById(db, titleId)) === undefined) throw notFound("id", `There is no software title ${titleId}.`);
  const versions = await versionsKnownAt(db, titleId, at, query.software_version_id);
  const ids = versions.map((version) => version.id);
  const [rows, count, counts, since] = await Promise.all([
    titleHolderList(db, ids, at, { limit: limit + 1, afterHostId }),
    titleHoldersCount(db, ids, at),
    versionHoldersCount(db, ids, at),
    historySince(db),
  ]);
  const byId = new Map(versions.map((version) => [version.id, version]));
  return {
    as_of: at.toISOString(),
    history_since: since?.toISOString() ?? null,
    count,
    versions: counts.map(({ software_id, hosts_count }) => presentVersion(byId.get(software_id), software_id, hosts_count)),
    hosts: rows.slice(0, limit).map(presentHolder),
    meta: metaOf(rows, limit, afterHostId),
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

function metaOf(rows: HolderRow[], limit: number, after: number | null): Result["meta"] {
  const last = rows[limit - 1];
  const more = rows.length > limit && last !== undefined;
  return {
    has_next_results: more,
    has_previous_results: after !== null,
    ...(more ? { next_cursor: String(last.host_id) } : {}),
  };
}

function readCursor(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^\d{1,15}$/.test(text)) throw badRequest("after", "Not a cursor of this list: take it from meta.next_cursor.");
  return Number(text);
}
