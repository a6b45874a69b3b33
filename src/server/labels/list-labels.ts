import { OPERATORS_OF, VITALS } from "#domain/labels/vitals.ts";
import type { EndpointResult } from "#protocol/endpoint.ts";
import type * as endpoints from "#protocol/rest/labels.ts";
import { notFound } from "../http/errors.ts";
import type { Page } from "../http/paging.ts";
import { settleCounts } from "../inventory/settle-counts.ts";
import type { LabelsDeps } from "./deps.ts";
import { labelById, labelCount, labelList, labelNames } from "./label-store.ts";
import type { LabelFilter, LabelOrderKey, LabelType } from "./label-store.ts";
import { presentLabel } from "./present-label.ts";

const NAMES_MAX = 10_000;

/** One page of labels, with exact numbers of hosts. */
export async function listLabels(
  { db }: Pick<LabelsDeps, "db">,
  filter: LabelFilter,
  page: Page<LabelOrderKey>,
): Promise<EndpointResult<typeof endpoints.listLabels>> {
  await settleCounts(db);
  const [{ rows, meta }, count] = await Promise.all([labelList(db, filter, page), labelCount(db, filter)]);
  return { labels: rows.map(presentLabel), count, meta };
}

/**
 * One label, with its exact number of hosts.
 *
 * @throws {HttpError} 404 when there is no such label.
 */
export async function readLabel({ db }: Pick<LabelsDeps, "db">, id: number): Promise<EndpointResult<typeof endpoints.getLabel>> {
  await settleCounts(db);
  const row = await labelById(db, id);
  if (row === undefined) throw noSuchLabel(id);
  return { label: presentLabel(row) };
}

export async function summariseLabels({ db }: Pick<LabelsDeps, "db">): Promise<EndpointResult<typeof endpoints.labelsSummary>> {
  const rows = await labelNames(db, NAMES_MAX);
  return { labels: rows.map((row) => ({ ...row, label_type: row.label_type as LabelType, team_id: null })) };
}

/** What criteria may ask about. */
export function listVitals(): EndpointResult<typeof endpoints.labelVitals> {
  return { vitals: VITALS.map(({ vital, label, kind }) => ({ vital, label, kind, operators: [...OPERATORS_OF[kind]] })) };
}

/** @throws {HttpError} 404 when there is no such label. */
export async function requireLabel({ db }: Pick<LabelsDeps, "db">, id: number): Promise<void> {
  if ((await labelById(db, id)) === undefined) throw noSuchLabel(id);
}

export function noSuchLabel(id: number): Error {
  return notFound("id", `There is no label ${id}.`);
}
