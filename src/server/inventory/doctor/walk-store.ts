import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { Snapshot } from "../../database/snapshot.ts";
import type { Database } from "../../database/tables.ts";
import type { CatalogueRow } from "./tally.ts";

/** Hosts read at once: about 150,000 links, a megabyte. */
const HOSTS_AT_ONCE = 250;
/** Rows of the catalogue or of counts read at once. */
const ROWS_AT_ONCE = 10_000;

/** A host with all that is compared with its links. */
export interface WalkedHost {
  id: number;
  software_count: number;
  /** Ids of its links, separated by commas. */
  software_ids: string;
  /** Labels that count its software, separated by commas. */
  label_ids: string;
  /** What each source says it reported last; null when none reported. */
  sources: Record<string, number> | null;
}

export async function hostsCount(db: Database): Promise<number> {
  const { rows } = await sql<{ count: number }>`SELECT count(*) AS count FROM hosts`.execute(db);
  return rows[0]?.count ?? 0;
}

/** All hosts by id. The next ones are read while the caller works on these. Links are read from their primary key alone. */
export async function* hostsWalked(db: Database): AsyncGenerator<WalkedHost[]> {
  let next = hostsAfter(db, 0);
  try {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- by the last id of the batch before
      const hosts = await next;
      const last = hosts.at(-1);
      if (last === undefined) return;
      next = hostsAfter(db, last.id);
      yield hosts;
    }
  } finally {
    // who stops early still leaves the connection free
    await next.catch(() => []);
  }
}

async function hostsAfter(db: Database, after: number): Promise<WalkedHost[]> {
  const { rows } = await sql<WalkedHost>`
    SELECT h.id, h.software_count,
      array_to_string(ARRAY(SELECT hs.software_id FROM host_software hs WHERE hs.host_id = h.id), ',') AS software_ids,
      array_to_string(ARRAY(SELECT m.label_id FROM label_membership m WHERE m.host_id = h.id AND m.counted), ',') AS label_ids,
      (SELECT json_object_agg(r.source, r.rows_count) FROM host_software_sources r WHERE r.host_id = h.id) AS sources
    FROM hosts h WHERE h.id > ${after} ORDER BY h.id LIMIT ${sql.lit(HOSTS_AT_ONCE)}`.execute(db);
  return rows;
}

export function catalogueRows(snapshot: Snapshot): AsyncGenerator<CatalogueRow[]> {
  return snapshot.batches(
    snapshot.db
      .selectFrom("software as s")
      .leftJoin("software_titles as t", "t.id", "s.title_id")
      .select(["s.id", "s.source", "t.id as title_id"]),
    ROWS_AT_ONCE,
  );
}

/** What is counted: the whole fleet (null), or a label. */
export type Scope = number | null;

export interface CountedLabel {
  id: number;
  /** Its members count already and the stored counts are not complete yet: the two cannot be compared in this moment. */
  being_counted: boolean;
}

/** Labels within which software is counted, and those that have stored counts although they are gone. */
export async function countedLabels(db: Database): Promise<CountedLabel[]> {
  const { rows } = await sql<CountedLabel>`
    SELECT c.id, r.label_id IS NOT NULL AS being_counted FROM (
      SELECT id FROM labels l WHERE EXISTS (SELECT 1 FROM label_membership m WHERE m.label_id = l.id AND m.counted)
      UNION SELECT label_id FROM label_software_counts UNION SELECT label_id FROM label_title_counts
      UNION SELECT label_id FROM label_count_runs
    ) c LEFT JOIN label_count_runs r ON r.label_id = c.id ORDER BY c.id`.execute(db);
  return rows;
}

/** Stored counts of one table by id: hosts, and of titles the number of versions. */
export interface StoredCount {
  id: number;
  hosts_count: number;
  versions_count: number;
}

export function storedSoftwareCounts(snapshot: Snapshot, scope: Scope): AsyncGenerator<StoredCount[]> {
  return stored(
    snapshot,
    scope === null
      ? sql`SELECT software_id AS id, hosts_count, 0 AS versions_count FROM software_counts`
      : sql`SELECT software_id AS id, hosts_count, 0 AS versions_count FROM label_software_counts WHERE label_id = ${scope}`,
  );
}

export function storedTitleCounts(snapshot: Snapshot, scope: Scope): AsyncGenerator<StoredCount[]> {
  return stored(
    snapshot,
    scope === null
      ? sql`SELECT title_id AS id, hosts_count, versions_count FROM software_title_counts`
      : sql`SELECT title_id AS id, hosts_count, versions_count FROM label_title_counts WHERE label_id = ${scope}`,
  );
}

function stored(snapshot: Snapshot, rows: RawBuilder<unknown>): AsyncGenerator<StoredCount[]> {
  return snapshot.batches(
    snapshot.db.selectFrom(sql<StoredCount>`(${rows})`.as("k")).select(["k.id", "k.hosts_count", "k.versions_count"]),
    ROWS_AT_ONCE,
  );
}

/** A change of the counts that the ledger still carries. */
export interface PendingChange {
  id: number;
  delta: number;
}

export function pendingSoftwareChanges(snapshot: Snapshot, scope: Scope): AsyncGenerator<PendingChange[]> {
  return pending(snapshot, sql`software_added`, sql`software_removed`, scope);
}

export function pendingTitleChanges(snapshot: Snapshot, scope: Scope): AsyncGenerator<PendingChange[]> {
  return pending(snapshot, sql`titles_added`, sql`titles_removed`, scope);
}

function pending(
  snapshot: Snapshot,
  added: RawBuilder<unknown>,
  removed: RawBuilder<unknown>,
  scope: Scope,
): AsyncGenerator<PendingChange[]> {
  // of a label that is gone nothing is folded
  const concerned =
    scope === null
      ? sql`NOT c.only_labels`
      : sql`${scope} = ANY (c.label_ids) AND EXISTS (SELECT 1 FROM labels l WHERE l.id = ${scope})`;
  const changes = sql<PendingChange>`(
    SELECT x.id, x.delta FROM software_count_changes c CROSS JOIN LATERAL (
      SELECT unnest(c.${added}) AS id, 1 AS delta UNION ALL SELECT unnest(c.${removed}), -1
    ) x WHERE ${concerned})`;
  return snapshot.batches(
    snapshot.db
      .selectFrom(changes.as("p"))
      .select((eb) => ["p.id", eb.cast<number>(eb.fn.sum("p.delta"), "integer").as("delta")])
      .groupBy("p.id"),
    ROWS_AT_ONCE,
  );
}
