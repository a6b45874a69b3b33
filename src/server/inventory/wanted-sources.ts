import type { Database } from "../database/tables.ts";
import { hostInventoryState } from "./host-software-store.ts";

/**
 * Which of a host's sources the server wants in full: those whose digest (hex of SHA-256, as `#domain/inventory/digest.ts` defines
 * its text) differs from the last recorded one, or whose last report failed. One indexed read.
 */
export async function wantedSources(
  deps: { db: Database },
  hostId: number,
  digests: { source: string; digest: string }[],
): Promise<string[]> {
  const state = await hostInventoryState(deps.db, hostId);
  return digests
    .filter(({ source, digest }) => {
      const known = state?.sources.get(source);
      return known === undefined || known.error !== null || known.digest.toString("hex") !== digest;
    })
    .map(({ source }) => source);
}
