import { createHash } from "node:crypto";
import type { ProductCatalogue } from "#domain/vulnerability/identity/catalogue.ts";
import type { Database } from "#server/database/tables.ts";
import { loadProductCatalogue } from "../identity/load-catalogue.ts";
import type { CurrentCatalogue } from "./deps.ts";
import { reresolve } from "./reresolve.ts";

/** Raised whenever the rules of identity (src/domain/vulnerability/identity) tell something else of a row than before. */
const RULES_VERSION = 5;

/**
 * The catalogue as it is now. When the names that vulnerabilities use changed meanwhile (a feed was loaded), what could not be identified is
 * looked at again.
 */
export function currentCatalogue({ db, dataDir }: { db: Database; dataDir: string }): () => Promise<CurrentCatalogue> {
  let known: CurrentCatalogue | undefined;
  return async () => {
    const catalogue = await loadProductCatalogue({ db, directory: dataDir });
    if (known?.catalogue === catalogue) return known;
    const version = versionOf(catalogue);
    if (known?.version === version) await reresolve(db, { unidentified: true });
    const now: CurrentCatalogue = { catalogue, version };
    known = now;
    return now;
  };
}

/** A number between 1 and 2³¹−1 that is the same for the same files and rules. */
function versionOf({ entries, vendorAliases, formulas, casks, otherNames }: ProductCatalogue): number {
  const hash = createHash("sha256").update(
    JSON.stringify([
      RULES_VERSION,
      entries,
      [...vendorAliases],
      [...formulas],
      [...casks].map(([cask, { id }]) => [cask, id]),
      [...otherNames],
    ]),
  );
  return 1 + (hash.digest().readUInt32BE(0) % 0x7fff_fffe);
}
