import { adoptionOf, daysBetween } from "#domain/inventory/adoption.ts";
import type { EndpointInput, EndpointResult } from "#protocol/endpoint.ts";
import type { softwareTitleAdoption } from "#protocol/rest/history.ts";
import { notFound } from "../../http/errors.ts";
import { settleCounts } from "../settle-counts.ts";
import { titleById } from "../title-store.ts";
import { titleCountedSince, titleDailyCounts, titleVersionCounts } from "./daily-count-store.ts";
import type { HistoryDeps } from "./deps.ts";

const DAYS_DEFAULT = 90;
const VERSIONS_DEFAULT = 6;
const DAY_MS = 86_400_000;

/**
 * The number of hosts on each version of a title, day by day; today as of now.
 *
 * @throws {HttpError} 404 for an unknown title.
 */
export async function readAdoption(
  deps: HistoryDeps,
  titleId: number,
  query: EndpointInput<typeof softwareTitleAdoption>["query"],
): Promise<EndpointResult<typeof softwareTitleAdoption>> {
  const { db } = deps;
  if ((await titleById(db, titleId)) === undefined) throw notFound("id", `There is no software title ${titleId}.`);
  await settleCounts(db);
  const now = deps.now();
  const from = new Date(now.getTime() - ((query.days ?? DAYS_DEFAULT) - 1) * DAY_MS);
  const [written, present, counted_since] = await Promise.all([
    titleDailyCounts(db, titleId, from),
    titleVersionCounts(db, titleId),
    titleCountedSince(db, titleId),
  ]);
  const days = daysBetween(from, now);
  const today = days.at(-1) ?? "";
  const past = written.filter((count) => count.day !== today);
  const counts = [...past, ...present.map(({ id, hosts_count }) => ({ software_id: id, day: today, hosts_count }))];
  const names = present.map(({ id, version, release }) => ({ id, version: release === "" ? version : `${version}-${release}` }));
  return { ...adoptionOf(names, counts, days, query.versions ?? VERSIONS_DEFAULT), counted_since };
}
