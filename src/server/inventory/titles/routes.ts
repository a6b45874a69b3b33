import * as corrections from "#protocol/rest/title-corrections.ts";
import type { Database } from "../../database/tables.ts";
import { pageOf } from "../../http/paging.ts";
import { route, type Route } from "../../http/route.ts";
import { correctTitles } from "./correct-titles.ts";
import { listCorrections } from "./list-corrections.ts";
import { previewCorrection } from "./preview-correction.ts";
import { undoCorrection } from "./undo-correction.ts";

const ORDER = { orderKeys: ["id"], defaultKey: "id", defaultDirection: "desc" } as const;

/** The REST endpoints of corrections of titles. */
export function titlesRoutes(deps: { db: Database }): Route[] {
  return [
    route(corrections.previewTitleCorrection, async ({ body }) => previewCorrection(deps, body.correction)),
    route(corrections.correctTitles, async ({ body, caller }) => ({
      correction: await correctTitles(deps, body.correction, caller),
    })),
    route(corrections.listTitleCorrections, async ({ query }) => listCorrections(deps, query.title_id, pageOf(query, ORDER))),
    route(corrections.undoTitleCorrection, async ({ params, caller }) => ({
      correction: await undoCorrection(deps, params.id, caller),
    })),
    route(corrections.renameSoftwareTitle, async ({ params, body, caller }) => {
      await correctTitles(deps, { type: "rename", title_id: params.id, name: body.name }, caller);
      return {};
    }),
  ];
}
