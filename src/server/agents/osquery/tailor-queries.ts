import { disabledSources } from "#domain/collection/merge-settings.ts";
import type { OsqueryReadResponse, OsqueryWriteRequest } from "#protocol/osquery/messages.ts";
import type { NodeSession } from "../../devices/authenticate-node.ts";
import type { Database } from "../../database/tables.ts";
import { LABEL_ANSWERS_MAX, labelQueries, takeLabelAnswers } from "../../labels/take-label-answers.ts";
import { hostCollection } from "../../settings/collection-settings.ts";
import { ENTRY_MAKERS } from "./translate/entries.ts";
import { queryResult } from "./translate/results.ts";

/** As Fleet names the queries of dynamic labels (reference osquery-remote.md §6). */
const LABEL_QUERY = /^fleet_label_query_(\d{1,15})$/;
/** Very old agents skip every query without a discovery. */
const ALWAYS = "SELECT 1";

/** What a batch becomes for one host: without the sources that are switched off there, and with the queries of dynamic labels. */
export async function tailorQueries(
  db: Database,
  session: Pick<NodeSession, "host_id" | "platform">,
  response: OsqueryReadResponse,
): Promise<OsqueryReadResponse> {
  // nothing is due; or the platform is unknown, and all that matters is to learn it
  if (response.queries === undefined || session.platform === "") return response;
  const [{ settings }, labels] = await Promise.all([hostCollection(db, session.host_id), labelQueries(db, session.platform)]);
  const off = new Set(disabledSources(settings));
  const kept = Object.entries(response.queries).filter(([name]) => !off.has(ENTRY_MAKERS.get(name)?.source ?? ""));
  const added = [...labels].map(([id, query]) => [`fleet_label_query_${id}`, query] as const);
  const queries = Object.fromEntries([...kept, ...added]);
  const discovery = Object.fromEntries(Object.keys(queries).map((name) => [name, response.discovery?.[name] ?? ALWAYS]));
  return { ...response, queries, discovery };
}

/** Takes the answers to dynamic labels' queries out of a distributed write. A query that failed says nothing. */
export async function takeLabelResults(
  db: Database,
  session: Pick<NodeSession, "host_id" | "platform">,
  body: OsqueryWriteRequest,
): Promise<void> {
  const [queries, statuses, messages] = [body.queries ?? {}, body.statuses ?? {}, body.messages ?? {}];
  const answers = new Map<number, boolean>();
  for (const name of new Set([...Object.keys(queries), ...Object.keys(statuses)])) {
    const id = LABEL_QUERY.exec(name)?.[1];
    if (id === undefined || answers.size >= LABEL_ANSWERS_MAX) continue;
    const result = queryResult(queries[name], statuses[name], messages[name]);
    if (result.ok) answers.set(Number(id), result.rows.length > 0);
  }
  await takeLabelAnswers(db, session, answers);
}

/** Is this the name of a dynamic label's query? */
export function isLabelQuery(name: string): boolean {
  return LABEL_QUERY.test(name);
}
