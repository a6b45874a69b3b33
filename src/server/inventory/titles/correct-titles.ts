import type { TitleCorrection, TitleCorrectionRequest } from "#protocol/rest/title-corrections.ts";
import type { ActivityType } from "#protocol/rest/activities.ts";
import { recordActivity } from "../../activity/record-activity.ts";
import { isRetryable } from "../../database/retry.ts";
import type { Database } from "../../database/tables.ts";
import { conflict } from "../../http/errors.ts";
import type { Caller } from "../../http/route.ts";
import { checksumOf } from "../checksum.ts";
import { checkMerge, checkTitle, splitConditions, type MergeRequest, type SplitRequest } from "./check-correction.ts";
import {
  correctionInsertInTx,
  correctionUpdateInTx,
  hostsHoldingCount,
  splitInsertInTx,
  splitTitleInsertInTx,
  titleNameGiveInTx,
  titlesMergeInTx,
  type CorrectionRow,
} from "./correction-store.ts";
import { holdCatalogueInTx, moveSoftwareInTx } from "./hold-catalogue.ts";
import { planPlacements } from "./plan-placements.ts";
import { presentCorrection, type CorrectionDetails, type CorrectionUndo } from "./present-correction.ts";
import { refuseEmptySplit } from "./preview-correction.ts";

type Actor = Pick<Caller, "user_id" | "name" | "email" | "api_only">;
type RenameRequest = TitleCorrectionRequest & { type: "rename" };

const ACTIVITIES: Record<TitleCorrectionRequest["type"], ActivityType> = {
  merge: "merged_software_titles",
  split: "split_software_title",
  rename: "renamed_software_title",
};

/**
 * Makes an administrator's correction: records the rule, moves what it concerns, and makes the counts anew, in one transaction. Check-ins
 * wait meanwhile (they hold the catalogue shared) and those that were planned before start over.
 *
 * @throws {HttpError} 404 and 422 for what cannot be corrected, 409 when the catalogue is busy for too long
 */
export async function correctTitles(
  deps: { db: Database },
  request: TitleCorrectionRequest,
  actor: Actor | null,
): Promise<TitleCorrection> {
  try {
    return await deps.db.transaction().execute(async (tx) => {
      const row = await correctInTx(tx, request, actor);
      const correction = presentCorrection(row, null);
      const { id, titles, into, name, hosts_count } = correction;
      await recordActivity(tx, {
        type: ACTIVITIES[request.type],
        actor,
        details: { correction_id: id, titles, into, name, hosts_count },
      });
      return correction;
    });
  } catch (error) {
    throw isRetryable(error) ? busy() : error;
  }
}

export function busy(): Error {
  return conflict("correction", "Check-ins or another correction are using the catalogue; try again in a moment.");
}

async function correctInTx(tx: Database, request: TitleCorrectionRequest, actor: Actor | null): Promise<CorrectionRow> {
  if (request.type === "rename") return renameInTx(tx, request, actor);
  await holdCatalogueInTx(tx);
  return request.type === "merge" ? mergeInTx(tx, request, actor) : splitInTx(tx, request, actor);
}

async function renameInTx(tx: Database, request: RenameRequest, actor: Actor | null): Promise<CorrectionRow> {
  const title = await checkTitle(tx, request.title_id);
  await titleNameGiveInTx(tx, title.id, request.name);
  const details: CorrectionDetails = { titles: [named(title)], name: request.name };
  return insert(tx, "rename", actor, {
    details,
    undo: { name: title.name, derived_name: title.derived_name },
    title_ids: [title.id],
    hosts_count: title.hosts_count,
  });
}

async function mergeInTx(tx: Database, request: MergeRequest, actor: Actor | null): Promise<CorrectionRow> {
  const { ending, into } = await checkMerge(tx, request);
  const ids = ending.map((title) => title.id);
  await titlesMergeInTx(tx, ids, into.id);
  // its name is the administrator's choice now: the software that joins it must not rename it
  await titleNameGiveInTx(tx, into.id, into.name);
  const moves = await planPlacements(tx, [into.id, ...ids]);
  await moveSoftwareInTx(tx, moves, [into.id, ...ids]);
  const moved = moves.filter((m) => m.from !== m.to).map((m) => m.software_id);
  const details: CorrectionDetails = { titles: ending.map(named), into: named(into), versions_count: moved.length };
  return insert(tx, "merge", actor, {
    details,
    undo: { name: into.name, derived_name: into.derived_name },
    title_ids: [into.id, ...ids],
    hosts_count: await hostsHoldingCount(tx, moved),
  });
}

async function splitInTx(tx: Database, request: SplitRequest, actor: Actor | null): Promise<CorrectionRow> {
  const title = await checkTitle(tx, request.title_id);
  const conditions = splitConditions(request);
  const row = await insert(tx, "split", actor, {
    details: { titles: [named(title)] },
    undo: {},
    title_ids: [title.id],
    hosts_count: 0,
  });
  const { source, extension_for } = title;
  const checksum = checksumOf(JSON.stringify(["split", row.id]));
  const target = await splitTitleInsertInTx(tx, { name: request.name, source, extension_for, checksum });
  await splitInsertInTx(tx, { ...conditions, correction_id: row.id, title_id: title.id, target_id: target });
  const moves = await planPlacements(tx, [title.id]);
  const moved = moves.filter((m) => m.from !== m.to).map((m) => m.software_id);
  refuseEmptySplit(moves.length, moved.length);
  await moveSoftwareInTx(tx, moves, [title.id, target]);
  const details: CorrectionDetails = {
    titles: [named(title)],
    into: { id: target, name: request.name },
    name: request.name,
    versions_count: moved.length,
    ...conditions,
  };
  return correctionUpdateInTx(tx, row.id, {
    details: JSON.stringify(details),
    title_ids: [title.id, target],
    hosts_count: await hostsHoldingCount(tx, moved),
  });
}

interface NewCorrection {
  details: CorrectionDetails;
  undo: CorrectionUndo;
  title_ids: number[];
  hosts_count: number;
}

async function insert(tx: Database, type: string, actor: Actor | null, made: NewCorrection): Promise<CorrectionRow> {
  return correctionInsertInTx(tx, {
    ...made,
    type,
    details: JSON.stringify(made.details),
    undo: JSON.stringify(made.undo),
    actor_id: actor?.user_id ?? null,
    actor_full_name: actor?.name ?? null,
  });
}

function named({ id, name }: { id: number; name: string }) {
  return { id, name };
}
