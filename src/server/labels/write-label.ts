import { parseCriteria } from "#domain/labels/criteria.ts";
import type { Criteria } from "#domain/labels/criteria.ts";
import { conflict, unprocessable } from "../http/errors.ts";
import type { HttpError } from "../http/errors.ts";
import type { Database } from "../database/tables.ts";
import { hostIdsByName } from "./host-names-store.ts";

/** Names of unknown hosts that a refusal tells. */
const NAMES_TOLD_MAX = 5;

/**
 * Reads criteria of a call.
 *
 * @throws {HttpError} 422 that names the place at fault.
 */
export function criteriaOf(value: unknown): Criteria {
  const parsed = parseCriteria(value);
  if (!parsed.ok) throw unprocessable(parsed.name, parsed.reason);
  return parsed.criteria;
}

/**
 * The hosts that a call names by id, serial, hostname or uuid; null when it names none at all.
 *
 * @throws {HttpError} 422 for a name that no host has.
 */
export async function namedHosts(db: Database, body: { hosts?: string[]; host_ids?: number[] }): Promise<number[] | null> {
  if (body.hosts === undefined) return body.host_ids ?? null;
  const found = await hostIdsByName(db, body.hosts);
  const known = new Set(found.map((row) => row.name));
  const unknown = body.hosts.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    const told = unknown.slice(0, NAMES_TOLD_MAX).join(", ");
    const more = unknown.length > NAMES_TOLD_MAX ? ` and ${unknown.length - NAMES_TOLD_MAX} more` : "";
    throw unprocessable("hosts", `No host has this serial, hostname or uuid: ${told}${more}.`);
  }
  return [...(body.host_ids ?? []), ...found.map((row) => row.host_id)];
}

/** A label's name without white space at its ends. */
export function labelName(name: string): string {
  const trimmed = name.trim();
  if (trimmed === "") throw unprocessable("name", "Must not be empty.");
  return trimmed;
}

export function nameTaken(name: string): HttpError {
  return conflict("name", `There is a label “${name}” already: choose another name.`);
}
