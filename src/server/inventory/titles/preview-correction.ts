import type { EndpointResult } from "#protocol/endpoint.ts";
import type { previewTitleCorrection, TitleCorrectionRequest } from "#protocol/rest/title-corrections.ts";
import type { Database } from "../../database/tables.ts";
import { unprocessable } from "../../http/errors.ts";
import { settleCounts } from "../settle-counts.ts";
import { checkMerge, checkTitle, splitConditions } from "./check-correction.ts";
import { hostsHoldingCount, hypotheticalCounts, softwareCounts, titlesToCorrect } from "./correction-store.ts";
import { planPlacements, type HypotheticalRule, type Placement } from "./plan-placements.ts";

type Preview = EndpointResult<typeof previewTitleCorrection>;

const VERSIONS_SHOWN_MAX = 100;
/** Stands for the title that a split will make. */
const NEW_TITLE = -1;

/**
 * What a correction would change, from the same rules that make the change. Writes nothing.
 *
 * @throws {HttpError} 404 and 422 as the correction itself
 */
export async function previewCorrection(deps: { db: Database }, request: TitleCorrectionRequest): Promise<Preview> {
  const { db } = deps;
  await settleCounts(db);
  if (request.type === "rename") {
    const title = presentTitle(await checkTitle(db, request.title_id));
    return { before: [title], after: [{ ...title, name: request.name }], versions_count: 0, hosts_count: 0, versions: [] };
  }
  const { titleIds, rule, name } = await ruleOf(db, request);
  const placements = await planPlacements(db, titleIds, rule);
  const moving = placements.filter((p) => p.from !== p.to);
  if (request.type === "split") refuseEmptySplit(placements.length, moving.length);
  const ids = moving.map((p) => p.software_id);
  const before = await titlesToCorrect(db, titleIds);
  return {
    before: before.map(presentTitle),
    after: await titlesAfter(db, placements, new Map(before.map((t) => [t.id, t.name])), name),
    versions_count: moving.length,
    hosts_count: await hostsHoldingCount(db, ids),
    versions: await softwareCounts(db, ids, VERSIONS_SHOWN_MAX),
  };
}

async function ruleOf(db: Database, request: TitleCorrectionRequest & { type: "merge" | "split" }) {
  if (request.type === "merge") {
    const { ending, into } = await checkMerge(db, request);
    const merge = ending.map((title) => title.id);
    return { titleIds: [into.id, ...merge], rule: { merge, into: into.id } satisfies HypotheticalRule, name: into.name };
  }
  const title = await checkTitle(db, request.title_id);
  const split = { ...splitConditions(request), correction_id: NEW_TITLE, title_id: title.id, target_id: NEW_TITLE };
  return { titleIds: [title.id], rule: { split } satisfies HypotheticalRule, name: request.name };
}

/** @throws {HttpError} 422 */
export function refuseEmptySplit(all: number, moving: number): void {
  if (moving === 0) throw unprocessable("name_starts_with", "No software of this title meets these conditions.");
  if (moving === all)
    throw unprocessable("name_starts_with", "All software of this title meets these conditions: rename it instead.");
}

async function titlesAfter(
  db: Database,
  placements: Placement[],
  names: Map<number, string>,
  newName: string,
): Promise<Preview["after"]> {
  const counts = await hypotheticalCounts(
    db,
    placements.map((p) => ({ software_id: p.software_id, title_id: p.to })),
  );
  const source = placements[0]?.software.source ?? "";
  return [...counts].map(([id, count]) => ({
    id: id === NEW_TITLE ? null : id,
    name: id === NEW_TITLE ? newName : (names.get(id) ?? ""),
    source,
    ...count,
  }));
}

function presentTitle({ id, name, source, hosts_count, versions_count }: Preview["before"][number]): Preview["before"][number] {
  return { id, name, source, hosts_count, versions_count };
}
