import * as judgement from "#protocol/rest/vulnerability-judgement.ts";
import type { Database } from "../../database/tables.ts";
import { pageOf } from "../../http/paging.ts";
import { route, type Route } from "../../http/route.ts";
import { listFixes } from "../fix-first/list-fixes.ts";
import { explainPriority } from "./explain-priority.ts";
import { readSla } from "./read-sla.ts";
import { updateSlaSettings } from "./sla-settings.ts";

const ORDER = { orderKeys: judgement.FIX_ORDER_KEYS, defaultKey: "risk", defaultDirection: "desc" } as const;

/** The REST endpoints of what to do first and until when. */
export function slaRoutes(deps: { db: Database; now: () => Date }): Route[] {
  return [
    route(judgement.fixFirst, async ({ query }) => listFixes(deps, query, pageOf(query, ORDER))),
    route(judgement.getSla, async () => readSla(deps)),
    route(judgement.updateSla, async ({ body, caller }) => ({ settings: await updateSlaSettings(deps, body, caller) })),
    route(judgement.explainPriority, async ({ params }) => explainPriority(deps, params.cve)),
  ];
}
