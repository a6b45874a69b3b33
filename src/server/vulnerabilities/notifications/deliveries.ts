import type { EndpointResult } from "#protocol/endpoint.ts";
import type { listNotificationDeliveries, NotificationDelivery } from "#protocol/rest/notifications.ts";
import { recordActivity } from "../../activity/record-activity.ts";
import type { Database } from "../../database/tables.ts";
import { notFound } from "../../http/errors.ts";
import { pageResult, type Page } from "../../http/paging.ts";
import type { Caller } from "../../http/route.ts";
import {
  deliveryCount,
  deliveryInsert,
  deliveryList,
  deliveryReplay,
  type DeliveryFilter,
  type DeliveryRow,
} from "./delivery-store.ts";
import type { Message } from "./message.ts";
import { ruleRead } from "./rule-store.ts";

interface Deps {
  db: Database;
  now: () => Date;
}

function present(row: DeliveryRow): NotificationDelivery {
  return {
    ...row,
    created_at: row.created_at.toISOString(),
    next_attempt_at: row.state === "waiting" ? row.next_attempt_at.toISOString() : null,
    delivered_at: row.delivered_at?.toISOString() ?? null,
  };
}

/** One page of the delivery log. */
export async function listDeliveries(
  { db }: Deps,
  filter: DeliveryFilter,
  page: Page<"id">,
): Promise<EndpointResult<typeof listNotificationDeliveries>> {
  const [read, count] = await Promise.all([deliveryList(db, filter, page), deliveryCount(db, filter)]);
  const { rows, meta } = pageResult(read, page);
  return { count, deliveries: rows.map(present), meta };
}

/** Has a message delivered again, as a new one. @throws {HttpError} 404 */
export async function replayDelivery(
  { db, now }: Deps,
  id: number,
  caller: Pick<Caller, "user_id" | "name" | "email" | "api_only"> | null,
): Promise<NotificationDelivery> {
  return db.transaction().execute(async (tx) => {
    const made = await deliveryReplay(tx, id, now());
    if (made === undefined) throw notFound("id", `There is no message ${id}, or it is older than the log goes back.`);
    const rule = await ruleRead(tx, made.rule_id);
    const details = { rule_id: made.rule_id, rule_name: rule?.name ?? "", delivery_id: id };
    await recordActivity(tx, { type: "replayed_notification", actor: caller, details });
    return present(made);
  });
}

/** Puts a message without vulnerabilities into the outbox. @throws {HttpError} 404 */
export async function testRule({ db, now }: Deps, ruleId: number): Promise<NotificationDelivery> {
  return db.transaction().execute(async (tx) => {
    const rule = await ruleRead(tx, ruleId);
    if (rule === undefined) throw notFound("id", `There is no notification rule ${ruleId}.`);
    const message: Message = {
      type: "test",
      timestamp: now().toISOString(),
      rule: { id: rule.id, name: rule.name },
      vulnerabilities_count: 0,
      vulnerabilities: [],
    };
    return present(await deliveryInsert(tx, { rule_id: rule.id, payload: message, vulnerabilities_count: 0 }, now()));
  });
}
