import * as vex from "#protocol/rest/vex.ts";
import { downloadRoute, route, type Route } from "../../http/route.ts";
import { pageOf, pageResult } from "../../http/paging.ts";
import { deleteVexDocument } from "./delete-vex-document.ts";
import { exportVex, type ExportDeps } from "./export-vex.ts";
import { importVex } from "./import-vex.ts";
import { presentVexDocument } from "./present-vex-document.ts";
import { vexDocumentCount, vexDocumentList } from "./vex-store.ts";

const ORDER = { orderKeys: ["id"], defaultKey: "id", defaultDirection: "desc" } as const;

/** The REST endpoints of VEX documents. */
export function vexRoutes(deps: ExportDeps): Route[] {
  return [
    route(vex.importVex, async ({ body, caller }) => importVex(deps, body, caller)),
    route(vex.listVexDocuments, async ({ query }) => {
      const page = pageOf(query, ORDER);
      const [read, count] = await Promise.all([vexDocumentList(deps.db, page), vexDocumentCount(deps.db)]);
      const { rows, meta } = pageResult(read, page);
      return { count, vex_documents: rows.map(presentVexDocument), meta };
    }),
    route(vex.deleteVexDocument, async ({ params, caller }) => {
      await deleteVexDocument(deps, params.id, caller);
      return {};
    }),
    downloadRoute(vex.exportVex, async ({ query }) => exportVex(deps, query.format ?? "openvex", query.author ?? "Muster")),
  ];
}
