import type { EndpointInput, EndpointResult } from "#protocol/endpoint.ts";
import type { previewDecision as endpoint } from "#protocol/rest/vulnerability-decisions.ts";
import type { Database } from "../../database/tables.ts";
import { readScope } from "./read-scope.ts";
import { coverCounts, coveredFindings, fixAvailable } from "./suppression-store.ts";

const SHOWN = 100;

/** What a decision of this scope would suppress; nothing is changed. */
export async function previewDecision(
  { db }: { db: Database },
  body: EndpointInput<typeof endpoint>["body"],
): Promise<EndpointResult<typeof endpoint>> {
  const { scope } = await readScope(db, body);
  const [counts, software, fix_available] = await Promise.all([
    coverCounts(db, scope),
    coveredFindings(db, scope, SHOWN),
    fixAvailable(db, scope),
  ]);
  return { ...counts, fix_available, software };
}
