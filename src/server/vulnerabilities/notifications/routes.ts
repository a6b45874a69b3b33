import * as notifications from "#protocol/rest/notifications.ts";
import { pageOf } from "../../http/paging.ts";
import { route, type Route } from "../../http/route.ts";
import { listDeliveries, replayDelivery, testRule } from "./deliveries.ts";
import { ruleList } from "./rule-store.ts";
import { createRule, deleteRule, presentRule, updateRule, type RuleDeps } from "./write-rule.ts";

const ORDER = { orderKeys: ["id"], defaultKey: "id", defaultDirection: "desc" } as const;

/** The REST endpoints of notifications. */
export function notificationsRoutes(deps: RuleDeps): Route[] {
  return [
    route(notifications.listNotificationRules, async () => ({ rules: (await ruleList(deps.db)).map(presentRule) })),
    route(notifications.createNotificationRule, async ({ body, caller }) => createRule(deps, body, caller)),
    route(notifications.updateNotificationRule, async ({ params, body, caller }) => ({
      rule: await updateRule(deps, params.id, body, caller),
    })),
    route(notifications.deleteNotificationRule, async ({ params, caller }) => {
      await deleteRule(deps, params.id, caller);
      return {};
    }),
    route(notifications.testNotificationRule, async ({ params }) => ({ delivery: await testRule(deps, params.id) })),
    route(notifications.listNotificationDeliveries, async ({ query }) => listDeliveries(deps, query, pageOf(query, ORDER))),
    route(notifications.replayNotification, async ({ params, caller }) => ({
      delivery: await replayDelivery(deps, params.id, caller),
    })),
  ];
}
