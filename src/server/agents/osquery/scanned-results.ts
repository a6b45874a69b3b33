import type { RowMemory } from "./row-memory.ts";
import type { ScannedWrite } from "./scan-write.ts";
import { ENTRY_MAKERS } from "./translate/entries.ts";
import { isKnownQuery, type QueryResult, queryResult } from "./translate/results.ts";

/**
 * The results of the software queries of a scanned write, all of which succeeded: rows that came before are taken from memory.
 *
 * @returns null when some of the bytes are not what they should be; reading the whole body tells what is wrong with it
 */
export function scannedResults(
  { body, software }: Pick<ScannedWrite, "body" | "software">,
  memory: RowMemory,
): Map<string, QueryResult> | null {
  const results = new Map<string, QueryResult>();
  try {
    for (const { name, valueStart, end } of software) {
      if (!isKnownQuery(name)) continue;
      const maker = ENTRY_MAKERS.get(name);
      const entries = maker === undefined ? null : memory.entriesOf(name, maker, body, valueStart);
      if (entries === null) results.set(name, queryResult(JSON.parse(body.toString("utf8", valueStart, end)), 0, undefined));
      else results.set(name, { ok: true, rows: [], entries });
    }
    return results;
  } catch {
    return null;
  }
}
