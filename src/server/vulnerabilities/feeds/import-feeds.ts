import { IMPORT_BYTES_MAX, IMPORT_CHUNK_BYTES, type FeedImportAnswer } from "#protocol/rest/vulnerability-feeds.ts";
import { recordActivity } from "#server/activity/record-activity.ts";
import { conflict, notFound, unprocessable } from "#server/http/errors.ts";
import type { Caller } from "#server/http/route.ts";
import { enqueueJob } from "#server/jobs/enqueue-job.ts";
import { FEEDS_LOAD, type FeedsDeps } from "./deps.ts";
import {
  importChunkPut,
  importGet,
  importInsert,
  importList,
  importReceived,
  importsSweep,
  importsUnfinished,
  importWait,
  type FeedImport,
  type ImportedPart,
} from "./engine/import-store.ts";

/** Imports that may be unfinished at one time: each lies in the database until it is loaded. */
const IMPORTS_AT_ONCE = 4;
const IMPORT_BYTES_AT_ONCE = 2 * IMPORT_BYTES_MAX;

/**
 * Begins an import: its pieces follow.
 *
 * @throws {HttpError} 409 while as many uploads, or as many bytes of them, are unfinished as there may be
 */
export async function createImport(
  { db, now }: Pick<FeedsDeps, "db" | "now">,
  file: { file_name: string; bytes: number; sha256: string },
): Promise<FeedImportAnswer> {
  await importsSweep(db, now());
  const { uploads, bytes } = await importsUnfinished(db);
  if (uploads >= IMPORTS_AT_ONCE || bytes + file.bytes > IMPORT_BYTES_AT_ONCE) {
    throw conflict(
      "file_name",
      `${uploads} imports with ${bytes} bytes are not finished, and there may be ${IMPORTS_AT_ONCE} with ${IMPORT_BYTES_AT_ONCE}. ` +
        "Finish them first; an upload that gets no piece for an hour is removed by itself.",
    );
  }
  return await readImport({ db }, await importInsert(db, file, now()));
}

/**
 * Takes a piece of an import.
 *
 * @throws {HttpError} 404 for no such import, 409 when it has all it needs, 422 for a piece of another size than it must have
 */
export async function addImportChunk(
  { db, now }: Pick<FeedsDeps, "db" | "now">,
  { id, number, content }: { id: number; number: number; content: string },
): Promise<void> {
  const row = await found({ db }, id);
  if (row.state !== "uploading") throw conflict("id", `Import ${id} is ${row.state}: it takes no more pieces.`);
  const bytes = Buffer.from(content, "base64");
  const expected = Math.min(IMPORT_CHUNK_BYTES, row.bytes - number * IMPORT_CHUNK_BYTES);
  if (bytes.length !== expected) {
    throw unprocessable(
      "content",
      `Piece ${number} of ${row.file_name} must have ${Math.max(0, expected)} bytes, not ${bytes.length}.`,
    );
  }
  await importChunkPut(db, { import_id: id, number, content: bytes }, now());
}

/**
 * Has an import loaded when all of its pieces are there.
 *
 * @throws {HttpError} 404 for no such import, 409 when pieces are missing or it is loaded already
 */
export async function loadUploadedImport(
  { db }: Pick<FeedsDeps, "db">,
  id: number,
  caller: Caller | null,
): Promise<FeedImportAnswer> {
  const row = await found({ db }, id);
  if (row.state !== "uploading") throw conflict("id", `Import ${id} is ${row.state} already.`);
  const received = await importReceived(db, id);
  if (received.bytes !== row.bytes || received.last + 1 !== received.chunks) {
    throw conflict("id", `Only ${received.bytes} of ${row.bytes} bytes of ${row.file_name} have come; send what is missing.`);
  }
  await db.transaction().execute(async (tx) => {
    await importWait(tx, id);
    await enqueueJob(tx, FEEDS_LOAD);
    const details = { import_id: id, file_name: row.file_name, bytes: row.bytes, sha256: row.sha256 };
    await recordActivity(tx, { type: "imported_vulnerability_feeds", actor: caller, details });
  });
  return await readImport({ db }, id);
}

/** How far an import is, and what became of its parts. @throws {HttpError} 404 */
export async function readImport({ db }: Pick<FeedsDeps, "db">, id: number): Promise<FeedImportAnswer> {
  return present(await found({ db }, id));
}

/** The latest imports. */
export async function listImports({ db }: Pick<FeedsDeps, "db">): Promise<FeedImportAnswer[]> {
  return (await importList(db)).map((row) => present(row));
}

async function found({ db }: Pick<FeedsDeps, "db">, id: number): Promise<FeedImport> {
  const row = await importGet(db, id);
  if (row === undefined) throw notFound("id", `There is no import ${id}.`);
  return row;
}

function present({
  id,
  file_name,
  bytes,
  sha256,
  state,
  error,
  progress,
  parts,
  created_at,
  finished_at,
}: FeedImport): FeedImportAnswer {
  const phase = (progress as { phase?: string } | null)?.phase ?? null;
  const times = { created_at: created_at.toISOString(), finished_at: finished_at?.toISOString() ?? null };
  return { id, file_name, bytes, sha256, state, error, phase, parts: parts as ImportedPart[], ...times };
}
