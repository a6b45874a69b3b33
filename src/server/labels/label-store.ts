import { sql } from "kysely";
import type { Criteria } from "#domain/labels/criteria.ts";
import type { HostLabel } from "#protocol/rest/host-labels.ts";
import type { LABEL_ORDER_KEYS } from "#protocol/rest/labels.ts";
import { containsPattern } from "../database/like-pattern.ts";
import type { Database } from "../database/tables.ts";
import { applyKeyset, pageResult } from "../http/paging.ts";
import type { Page } from "../http/paging.ts";
import { SESSIONS_CHANNEL } from "../devices/node-sessions.ts";
import { signalSql } from "../notify/signals.ts";
import { holdCounts } from "../inventory/hold-hosts.ts";

export type LabelOrderKey = (typeof LABEL_ORDER_KEYS)[number];
export type LabelType = HostLabel["label_type"];
export type MembershipType = HostLabel["label_membership_type"];

export interface LabelFilter {
  query?: string;
  label_type?: LabelType;
  label_membership_type?: MembershipType;
}

export interface NewLabel {
  name: string;
  description: string;
  platform: string;
  label_membership_type: MembershipType;
  query: string;
  criteria: Criteria | null;
  criteria_fields: string[];
  author_id: number | null;
}

const COLUMNS = [
  "l.id",
  "l.name",
  "l.description",
  "l.query",
  "l.criteria",
  "l.platform",
  "l.label_type",
  "l.label_membership_type",
  "l.author_id",
  "l.evaluated_at",
  "l.evaluated_to",
  "l.created_at",
  "l.updated_at",
] as const;

function labels(db: Database, filter: LabelFilter) {
  let query = db.selectFrom("labels as l").leftJoin("label_counts as c", "c.label_id", "l.id");
  if (filter.label_type !== undefined) query = query.where("l.label_type", "=", filter.label_type);
  if (filter.label_membership_type !== undefined) {
    query = query.where("l.label_membership_type", "=", filter.label_membership_type);
  }
  if (filter.query !== undefined) {
    const pattern = containsPattern(filter.query.trim());
    query = query.where(sql<boolean>`lower(l.name || ' ' || l.description) like lower(${pattern})`);
  }
  return query;
}

function labelRows(db: Database, filter: LabelFilter) {
  // greatest: between a commit and the fold of its ledger row a count may be below what it will be, never shown below 0
  return labels(db, filter)
    .select(COLUMNS)
    .select(sql<number>`greatest(coalesce(c.hosts_count, 0), 0)`.as("count"))
    .select(sql<number | null>`(select max(id) from hosts)`.as("last_host_id"));
}

const ORDER = {
  id: sql`l.id`,
  name: sql`lower(l.name)`,
  created_at: sql`l.created_at`,
  host_count: sql`coalesce(c.hosts_count, 0)`,
} satisfies Record<LabelOrderKey, unknown>;

/** One page of labels; there are few labels, so no order needs an index. */
export async function labelList(db: Database, filter: LabelFilter, page: Page<LabelOrderKey>) {
  const rows = await applyKeyset(labelRows(db, filter), ORDER[page.orderKey], sql`l.id`, page, { nullable: false }).execute();
  return pageResult(rows, page);
}

export async function labelCount(db: Database, filter: LabelFilter): Promise<number> {
  const row = await labels(db, filter)
    .select(sql<number>`count(*)`.as("count"))
    .executeTakeFirstOrThrow();
  return row.count;
}

export async function labelById(db: Database, id: number) {
  return labelRows(db, {}).where("l.id", "=", id).executeTakeFirst();
}

export type LabelRow = NonNullable<Awaited<ReturnType<typeof labelById>>>;

export async function labelNames(db: Database, limit: number) {
  return db
    .selectFrom("labels")
    .select(["id", "name", "description", "label_type"])
    .orderBy(sql`lower(name)`)
    .limit(limit)
    .execute();
}

/** Labels by name, without regard to case. */
export async function labelsByName(db: Database, names: string[]) {
  return db
    .selectFrom("labels")
    .where(sql<boolean>`lower(name) = any(select lower(n) from unnest(${names}::text[]) n)`)
    .select(["id", "name", "label_type", "label_membership_type"])
    .execute();
}

/** Makes a label, whose software is counted from the start; null when the name is taken. Only host_vitals labels have anything to evaluate. */
export async function labelInsert(tx: Database, label: NewLabel, now: Date): Promise<number | null> {
  const row = await tx
    .insertInto("labels")
    .values({
      ...label,
      criteria: label.criteria === null ? null : JSON.stringify(label.criteria),
      evaluated_at: label.criteria === null ? now : null,
      // nobody is in it yet; from now on its members are counted in the background as they come (inventory/count-labels.ts)
      counted_at: now,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) => conflict.expression(sql`lower(name)`).doNothing())
    .returning("id")
    .executeTakeFirst();
  return row?.id ?? null;
}

/** Takes a label's row: edits, deletion and evaluations of it happen one after the other. Always after the hosts' locks. */
export async function labelLockInTx(tx: Database, id: number) {
  return tx
    .selectFrom("labels")
    .where("id", "=", id)
    .select(["id", "name", "label_type", "label_membership_type", "criteria", "evaluated_at", "evaluated_to"])
    .forNoKeyUpdate()
    .executeTakeFirst();
}

export interface LabelChange {
  name?: string;
  description?: string;
  criteria?: Criteria;
  criteria_fields?: string[];
}

/** Changes a locked label; new criteria begin its evaluation anew. False when the name is taken. */
export async function labelUpdate(tx: Database, id: number, change: LabelChange, now: Date): Promise<boolean> {
  const { criteria, name, ...rest } = change;
  if (name !== undefined && (await isNameTaken(tx, id, name))) return false;
  await tx
    .updateTable("labels")
    .set({ ...rest, ...(name === undefined ? {} : { name }), updated_at: now })
    .$if(criteria !== undefined, (query) =>
      query.set({ criteria: JSON.stringify(criteria), evaluated_at: null, evaluated_to: 0 }),
    )
    .where("id", "=", id)
    .execute();
  return true;
}

async function isNameTaken(tx: Database, id: number, name: string): Promise<boolean> {
  const [other] = (await labelsByName(tx, [name])).filter((label) => label.id !== id);
  return other !== undefined;
}

/** Deletes a label with its members and counts. Takes the turn to write counts: a fold must not count for it meanwhile. */
export async function labelDelete(tx: Database, id: number): Promise<void> {
  await holdCounts(tx);
  await sql`SELECT ${signalSql(SESSIONS_CHANNEL, sql`''::text`)} FROM collection_settings WHERE label_id = ${id}`.execute(tx);
  await tx.deleteFrom("labels").where("id", "=", id).execute();
  await tx.deleteFrom("label_software_counts").where("label_id", "=", id).execute();
  await tx.deleteFrom("label_title_counts").where("label_id", "=", id).execute();
}
