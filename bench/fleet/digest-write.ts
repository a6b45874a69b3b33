import type { OsqueryWriteRequest } from "#protocol/osquery/messages.ts";
import { writeResults } from "#server/agents/osquery/translate/results.ts";
import { detailsOfResults } from "#server/agents/osquery/translate/details.ts";
import { softwareReports } from "#server/agents/osquery/translate/software.ts";
import { type PreparedReport, prepareReport } from "#server/inventory/prepare-report.ts";

/** All that the server does with the body of a write before it turns to the database: parse, translate, clean, merge, digest. */
export function digestWrite(body: OsqueryWriteRequest): PreparedReport {
  const { results } = writeResults(body);
  const details = detailsOfResults(results);
  return prepareReport(softwareReports(results, details.platform ?? ""));
}

/** How many distinct rows of software the server must hold for a host that sent this body. */
export function expectedSoftware(body: Buffer): number {
  const prepared = digestWrite(JSON.parse(body.toString()) as OsqueryWriteRequest);
  return prepared.sources.reduce((sum, source) => sum + source.entries.length, 0);
}
