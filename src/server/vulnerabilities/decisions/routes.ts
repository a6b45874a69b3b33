import * as decisions from "#protocol/rest/vulnerability-decisions.ts";
import type { Database } from "../../database/tables.ts";
import { pageOf } from "../../http/paging.ts";
import { route, type Route } from "../../http/route.ts";
import { createDecision } from "./create-decision.ts";
import { DECISION_ORDER_KEYS } from "./decision-store.ts";
import { listDecisions, listSuppressions, readDecision } from "./list-decisions.ts";
import { previewDecision } from "./preview-decision.ts";
import { revokeDecision } from "./revoke-decision.ts";

const ORDER = { orderKeys: DECISION_ORDER_KEYS, defaultKey: "id", defaultDirection: "desc" } as const;

/** The REST endpoints of decisions about vulnerabilities. */
export function decisionsRoutes(deps: { db: Database; now: () => Date }): Route[] {
  return [
    route(decisions.previewDecision, async ({ body }) => previewDecision(deps, body)),
    route(decisions.createDecision, async ({ body, caller }) => ({ decision: await createDecision(deps, body, caller) })),
    route(decisions.listDecisions, async ({ query }) => listDecisions(deps, query, pageOf(query, ORDER))),
    route(decisions.getDecision, async ({ params }) => ({ decision: await readDecision(deps, params.id) })),
    route(decisions.revokeDecision, async ({ params, body, caller }) => ({
      decision: await revokeDecision(deps, params.id, body.note, caller),
    })),
    route(decisions.listSuppressions, async ({ query }) => listSuppressions(deps, query)),
  ];
}
