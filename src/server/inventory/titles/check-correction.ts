import type { SplitConditions } from "#domain/software/title-placement.ts";
import type { TitleCorrectionRequest } from "#protocol/rest/title-corrections.ts";
import type { Database } from "../../database/tables.ts";
import { notFound, unprocessable } from "../../http/errors.ts";
import { titlesToCorrect, type CorrectableTitle } from "./correction-store.ts";

export type SplitRequest = TitleCorrectionRequest & { type: "split" };
export type MergeRequest = TitleCorrectionRequest & { type: "merge" };

/** The titles of a merge: those that end, and the one that stays. */
export interface MergedTitles {
  ending: CorrectableTitle[];
  into: CorrectableTitle;
}

/**
 * @throws {HttpError} 404 for a title that does not exist, 422 for titles that cannot be merged
 */
export async function checkMerge(db: Database, request: MergeRequest): Promise<MergedTitles> {
  const ids = [...new Set(request.title_ids)];
  if (ids.includes(request.into_title_id))
    throw unprocessable("title_ids", `Title ${request.into_title_id} cannot be merged into itself; leave it out of title_ids.`);
  const [into, ...ending] = await correctable(db, "title_ids", [request.into_title_id, ...ids]);
  if (into === undefined) throw notFound("into_title_id", `There is no software title ${request.into_title_id}.`);
  const other = ending.find((title) => title.source !== into.source);
  if (other !== undefined)
    throw unprocessable(
      "title_ids",
      `Title ${other.id} is of source ${other.source}, title ${into.id} of ${into.source}; only titles of one source can be merged.`,
    );
  return { ending, into };
}

/**
 * @throws {HttpError} 404 for a title that does not exist, 422 for one that was merged
 */
export async function checkTitle(db: Database, id: number): Promise<CorrectableTitle> {
  const [title] = await correctable(db, "title_id", [id]);
  if (title === undefined) throw notFound("title_id", `There is no software title ${id}.`);
  return title;
}

/** @throws {HttpError} 422 when it asks nothing */
export function splitConditions(request: SplitRequest): SplitConditions {
  const { name_starts_with = null, version_starts_with = null, vendor = null } = request;
  if (name_starts_with === null && version_starts_with === null && vendor === null)
    throw unprocessable("name_starts_with", "Give at least one of name_starts_with, version_starts_with and vendor.");
  return { name_starts_with, version_starts_with, vendor };
}

/** In the order of `ids`. */
async function correctable(db: Database, field: string, ids: number[]): Promise<CorrectableTitle[]> {
  const found = new Map((await titlesToCorrect(db, ids)).map((title) => [title.id, title]));
  return ids.map((id) => {
    const title = found.get(id);
    if (title === undefined) throw notFound(field, `There is no software title ${id}.`);
    if (title.merged_into !== null)
      throw unprocessable(
        field,
        `Title ${id} was merged into title ${title.merged_into}; correct that one, or undo the merge first.`,
      );
    return title;
  });
}
