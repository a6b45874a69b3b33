import type { ProductCatalogue } from "#domain/vulnerability/identity/catalogue.ts";
import type { Database } from "#server/database/tables.ts";
import type { Log } from "#server/observe/log.ts";

/** The catalogue of products as it is now, and a number that differs whenever it or the rules of identity differ. */
export interface CurrentCatalogue {
  catalogue: ProductCatalogue;
  version: number;
}

export interface MatchingDeps {
  db: Database;
  log: Log;
  now: () => Date;
  /** Cheap when nothing changed: asked before every batch. */
  catalogue: () => Promise<CurrentCatalogue>;
}
