import * as identities from "#protocol/rest/product-identities.ts";
import type { Database } from "../../database/tables.ts";
import { pageOf } from "../../http/paging.ts";
import { route, type Route } from "../../http/route.ts";
import { createProductCorrection } from "./create-product-correction.ts";
import { listProductCorrections, readProductCatalogue } from "./list-product-corrections.ts";
import { listUnidentified } from "./list-unidentified.ts";
import { previewProductCorrection } from "./preview-product-correction.ts";
import { readTitleIdentity } from "./read-title-identity.ts";
import { undoProductCorrection } from "./undo-product-correction.ts";
import { UNIDENTIFIED_ORDER_KEYS } from "./unidentified-store.ts";

const UNIDENTIFIED = { orderKeys: UNIDENTIFIED_ORDER_KEYS, defaultKey: "hosts_count", defaultDirection: "desc" } as const;
const CORRECTIONS = { orderKeys: ["id"], defaultKey: "id", defaultDirection: "desc" } as const;

/** The REST endpoints of products' identities. `directory`: the data directory, where local files of the catalogue are. */
export function identityRoutes(deps: { db: Database; now: () => Date; directory: string }): Route[] {
  return [
    route(identities.listUnidentifiedSoftware, async ({ query }) =>
      listUnidentified(deps, query.query, pageOf(query, UNIDENTIFIED)),
    ),
    route(identities.previewProductCorrection, async ({ body }) => previewProductCorrection(deps, body.correction)),
    route(identities.createProductCorrection, async ({ body, caller }) => ({
      correction: await createProductCorrection(deps, body.correction, caller),
    })),
    route(identities.listProductCorrections, async ({ query }) =>
      listProductCorrections(deps, query.query, pageOf(query, CORRECTIONS)),
    ),
    route(identities.getTitleIdentity, async ({ params }) => readTitleIdentity(deps, params.id)),
    route(identities.undoProductCorrection, async ({ params, caller }) => ({
      correction: await undoProductCorrection(deps, params.id, caller),
    })),
    route(identities.getProductCatalogue, async () => readProductCatalogue(deps)),
  ];
}
