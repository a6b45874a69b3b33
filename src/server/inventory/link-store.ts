import type { LinkPlan, ResolvedEntry } from "#domain/inventory/plan.ts";
import { numberArray, textArray } from "../database/array-literal.ts";
import { preparedQuery } from "../database/prepared-query.ts";
import type { Database } from "../database/tables.ts";
import { linkDetails } from "./link-columns.ts";

export interface SourceState {
  source: string;
  /** Absent for a failure: the digest of the last good report stays. */
  digest?: Buffer;
  rows_count?: number;
  derivation_version?: number;
  error: string | null;
}

/** What a plan was made from: it holds only while both are the same. */
export interface PlannedAt {
  /** The host's `software_sequence`. */
  sequence: number;
  /** The catalogue's epoch: titles and keys of software (titles/epoch-store.ts). */
  epoch: number;
}

const LINK_SQL = `SELECT software_sequence, title_epoch
  FROM link_host($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`;

/**
 * Writes a plan and what the sources are from now on, in one call and transaction (migration 0015), when the host's sequence and the
 * catalogue's epoch still are what it was planned at; else nothing. A software that a link names exists: the catalogue is held at the epoch at
 * which its id was found. The host's row is locked first, then the catalogue (shared).
 *
 * @returns what host and catalogue were at; null: no such host
 */
export async function hostLink(
  db: Database,
  hostId: number,
  planned: PlannedAt,
  plan: LinkPlan,
  sources: SourceState[],
): Promise<PlannedAt | null> {
  const parameters = [
    hostId,
    planned.sequence,
    planned.epoch,
    ...endedColumns(plan),
    ...begunColumns(plan),
    plan.update.length === 0 ? null : JSON.stringify(plan.update.map(updateRecord)),
    eventRecords(plan),
    idsOrNull(plan.titlesAdded),
    idsOrNull(plan.titlesRemoved),
    JSON.stringify(sources.map(sourceRecord)),
  ];
  const query = preparedQuery<{ software_sequence: number; title_epoch: number }>("link-host", LINK_SQL, parameters);
  const [found] = (await db.executeQuery(query)).rows;
  return found === undefined ? null : { sequence: found.software_sequence, epoch: found.title_epoch };
}

function endedColumns({ end }: LinkPlan): (string | null)[] {
  return [
    numberArray(end.map((e) => e.software_id)),
    numberArray(end.map((e) => e.title_id)),
    textArray(end.map((e) => e.event)),
    numberArray(end.map((e) => e.next_software_id)),
  ];
}

/** In the order of the primary key: as many writes, and indexes a tenth smaller. */
function begunColumns(plan: LinkPlan): (string | null)[] {
  const begin = plan.begin.toSorted((a, b) => a.software_id - b.software_id);
  const details = linkDetails(begin.map(({ entry }) => entry));
  return [
    numberArray(begin.map((link) => link.software_id)),
    numberArray(begin.map((link) => link.facts_id)),
    details.opened,
    numberArray(begin.map(({ since }) => (since === null ? null : since / 1000))),
    details.paths,
    details.signatures,
    details.installed_by,
  ];
}

function updateRecord({ software_id, facts_id, entry }: ResolvedEntry) {
  return {
    software_id,
    facts_id,
    opened: entry.last_opened_at,
    paths: entry.installed_paths.length === 0 ? null : entry.installed_paths,
    signatures: entry.signature_information.length === 0 ? null : entry.signature_information,
    installed_by: entry.installed_by || null,
  };
}

/**
 * What was installed, and what one renamed software became besides its first successor: rows of zero length in the history, which no question
 * about a moment finds, and which stand in the order of events.
 */
function eventRecords({ installed, alsoRenamed }: LinkPlan): string | null {
  if (installed.length + alsoRenamed.length === 0) return null;
  return JSON.stringify([
    ...installed.map(({ software_id, title_id, entry }) => ({
      software_id,
      title_id,
      event: "installed",
      next: null,
      by: entry.installed_by || null,
    })),
    ...alsoRenamed.map(({ software_id, title_id, event, next_software_id: next }) => ({
      software_id,
      title_id,
      event,
      next,
      by: null,
    })),
  ]);
}

function idsOrNull(ids: number[]): string | null {
  return ids.length === 0 ? null : numberArray(ids);
}

function sourceRecord({ digest, rows_count, derivation_version, ...state }: SourceState) {
  return { ...state, digest: digest?.toString("hex") ?? null, rows_count: rows_count ?? null, version: derivation_version ?? 1 };
}
