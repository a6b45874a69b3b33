import { sql, type Selectable } from "kysely";
import type { Database, Tables } from "../../database/tables.ts";
import { applyKeyset, type Page } from "../../http/paging.ts";

export interface NewDelivery {
  rule_id: number;
  payload: unknown;
  vulnerabilities_count: number;
}

export type DeliveryRow = Omit<Selectable<Tables["notification_deliveries"]>, "payload">;
const COLUMNS = [
  "id",
  "rule_id",
  "idempotency_key",
  "vulnerabilities_count",
  "state",
  "attempts",
  "next_attempt_at",
  "status",
  "error",
  "replay_of",
  "created_at",
  "delivered_at",
] as const;

function rowOf(delivery: NewDelivery, now: Date) {
  const { rule_id, vulnerabilities_count } = delivery;
  const payload = JSON.stringify(delivery.payload);
  return { rule_id, vulnerabilities_count, payload, status: null, error: null, created_at: now, next_attempt_at: now };
}

export async function deliveriesInsertInTx(tx: Database, deliveries: readonly NewDelivery[], now: Date): Promise<void> {
  if (deliveries.length === 0) return;
  const rows = deliveries.map((delivery) => rowOf(delivery, now));
  await tx.insertInto("notification_deliveries").values(rows).execute();
}

export async function deliveryInsert(tx: Database, delivery: NewDelivery, now: Date): Promise<DeliveryRow> {
  return tx
    .insertInto("notification_deliveries")
    .values(rowOf(delivery, now))
    .returning([...COLUMNS])
    .executeTakeFirstOrThrow();
}

/** The same content as another message, with a key of its own; undefined when there is no such message. */
export async function deliveryReplay(tx: Database, id: number, now: Date): Promise<DeliveryRow | undefined> {
  return tx
    .insertInto("notification_deliveries")
    .columns(["rule_id", "payload", "vulnerabilities_count", "replay_of", "created_at", "next_attempt_at"])
    .expression((eb) =>
      eb
        .selectFrom("notification_deliveries as d")
        .where("d.id", "=", id)
        .select(["d.rule_id", sql<string>`d.payload`.as("payload"), "d.vulnerabilities_count", "d.id as replay_of"])
        .select([sql<Date>`${now}::timestamptz`.as("created_at"), sql<Date>`${now}::timestamptz`.as("next_attempt_at")]),
    )
    .returning([...COLUMNS])
    .executeTakeFirst();
}

export interface TakenDelivery {
  id: number;
  idempotency_key: string;
  payload: unknown;
  attempts: number;
  rule_name: string;
  channel: "webhook" | "email";
  url: string | null;
  allow_private_addresses: boolean;
  /** Sealed. */
  signing_secret: string | null;
  recipients: string[];
}

/**
 * Takes waiting messages to deliver them. The next attempt is set before this one is made, so that a process that dies meanwhile only
 * delays its messages by `leaseSeconds`.
 */
export async function deliveriesTake(db: Database, limit: number, now: Date, leaseSeconds: number): Promise<TakenDelivery[]> {
  const { rows } = await sql<TakenDelivery>`
    WITH taken AS (
      UPDATE notification_deliveries d SET attempts = d.attempts + 1, next_attempt_at = ${now}::timestamptz + make_interval(secs => ${leaseSeconds})
      WHERE d.id IN (
        SELECT w.id FROM notification_deliveries w JOIN notification_rules r ON r.id = w.rule_id AND r.enabled
        WHERE w.state = 'waiting' AND w.next_attempt_at <= ${now} ORDER BY w.next_attempt_at, w.id LIMIT ${limit} FOR UPDATE OF w SKIP LOCKED)
      RETURNING d.id, d.rule_id, d.idempotency_key, d.payload, d.attempts
    )
    SELECT t.id, t.idempotency_key, t.payload, t.attempts, r.name AS rule_name, r.channel, r.url, r.allow_private_addresses,
      r.signing_secret, r.recipients
    FROM taken t JOIN notification_rules r ON r.id = t.rule_id ORDER BY t.id`.execute(db);
  return rows;
}

export async function deliveryDone(db: Database, id: number, status: number | null, now: Date): Promise<void> {
  await db
    .updateTable("notification_deliveries")
    .set({ state: "delivered", status, error: null, delivered_at: now })
    .where("id", "=", id)
    .execute();
}

/** Notes an attempt that failed; `nextAt` null: there will be no other. */
export async function deliveryFailed(
  db: Database,
  id: number,
  failure: { status: number | null; error: string; nextAt: Date | null },
): Promise<void> {
  const { status, error, nextAt } = failure;
  await db
    .updateTable("notification_deliveries")
    .set({ status, error, ...(nextAt === null ? { state: "failed" as const } : { next_attempt_at: nextAt }) })
    .where("id", "=", id)
    .where("state", "=", "waiting")
    .execute();
}

export interface DeliveryFilter {
  rule_id?: number;
  state?: DeliveryRow["state"];
}

function filteredDeliveries(db: Database, { rule_id, state }: DeliveryFilter) {
  return db
    .selectFrom("notification_deliveries as d")
    .$if(rule_id !== undefined, (query) => query.where("d.rule_id", "=", rule_id ?? 0))
    .$if(state !== undefined, (query) => query.where("d.state", "=", state ?? "failed"));
}

export async function deliveryList(db: Database, filter: DeliveryFilter, page: Page<"id">) {
  const query = filteredDeliveries(db, filter).select(COLUMNS.map((column) => `d.${column}` as const));
  return applyKeyset(query, sql.ref("d.id"), sql.ref("d.id"), page, { nullable: false }).execute();
}

export async function deliveryCount(db: Database, filter: DeliveryFilter): Promise<number> {
  return (
    await filteredDeliveries(db, filter)
      .select(sql<number>`count(*)::integer`.as("n"))
      .executeTakeFirstOrThrow()
  ).n;
}

/** Forgets messages that ended before a time. */
export async function deliveriesForget(db: Database, before: Date): Promise<void> {
  await db.deleteFrom("notification_deliveries").where("state", "<>", "waiting").where("created_at", "<", before).execute();
}
