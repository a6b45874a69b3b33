import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { Database } from "../database/tables.ts";
import { titleVendorsKeepInTx } from "./title-vendor-store.ts";

export interface CountChanges {
  software_added: number[];
  software_removed: number[];
  titles_added: number[];
  titles_removed: number[];
}

/**
 * Appends one check-in's changes of the counts to the ledger: a single row, whatever the number of changes. The row also names the
 * labels that count this host; the caller holds the host's lock, without which no membership changes. Where a label's criteria
 * mention software, the host is noted as changed (labels/evaluate-changes.ts), in the same statement: it costs no call of its own.
 */
export async function countChangesAppendInTx(tx: Database, hostId: number, changes: CountChanges): Promise<void> {
  const { software_added, software_removed, titles_added, titles_removed } = changes;
  if ([software_added, software_removed, titles_added, titles_removed].every((ids) => ids.length === 0)) return;
  await sql`SELECT count_changes_append(${hostId}, ${software_added}::bigint[], ${software_removed}::bigint[], ${titles_added}::bigint[],
    ${titles_removed}::bigint[])`.execute(tx);
}

export async function countChangesPending(db: Database): Promise<boolean> {
  const { rows } = await sql<{ pending: boolean }>`SELECT EXISTS (SELECT 1 FROM software_count_changes) AS pending`.execute(db);
  return rows[0]?.pending ?? false;
}

/** Ledger rows folded by one transaction: bounds its memory and its locks. */
export const FOLD_ROWS_MAX = 500;
/** Any constant; held by whoever writes counts, so that writers take turns instead of deadlocking on counters or missing each other's rows. */
const FOLD_LOCK = 7_301;

/** Takes the turn to write counts, until the transaction ends. */
export async function countsLockInTx(tx: Database): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${FOLD_LOCK})`.execute(tx);
}

/**
 * Folds the oldest ledger rows into the stored counts, in the caller's transaction. Returns how many ledger rows were folded.
 * `versions_count` of a title counts its software that some host holds; it moves where a software's count leaves or reaches 0, and
 * with it the title's vendor may. What hosts brought and lost is handed over to the matching of vulnerabilities (subject_changes): a
 * check-in itself does nothing for that.
 */
export async function countChangesFoldInTx(tx: Database): Promise<number> {
  await countsLockInTx(tx);
  // software and titles summed apart: of one list with both PostgreSQL takes "the software of it" for a single row, and compares 20,000
  // changes with 20,000 in a nested loop
  const { rows } = await sql<{ taken: number; titles: number[] }>`
    WITH taken AS (
      DELETE FROM software_count_changes c
      WHERE id IN (SELECT id FROM software_count_changes ORDER BY id LIMIT ${sql.lit(FOLD_ROWS_MAX)})
      RETURNING c.*, ${countingLabels} AS counting
    ), handed_over AS (
      INSERT INTO subject_changes (host_id, software_added, software_removed)
      SELECT host_id, software_added::integer[], software_removed::integer[] FROM taken
      WHERE NOT only_labels AND host_id IS NOT NULL AND (software_added <> '{}' OR software_removed <> '{}') ORDER BY id
    ), changes AS (
      SELECT id, sum(delta)::integer AS delta FROM (
        SELECT unnest(software_added) AS id, 1 AS delta FROM taken WHERE NOT only_labels
        UNION ALL SELECT unnest(software_removed), -1 FROM taken WHERE NOT only_labels
      ) c GROUP BY id HAVING sum(delta) <> 0
    ), changes_of_titles AS (
      SELECT id, sum(delta)::integer AS delta FROM (
        SELECT unnest(titles_added) AS id, 1 AS delta FROM taken WHERE NOT only_labels
        UNION ALL SELECT unnest(titles_removed), -1 FROM taken WHERE NOT only_labels
      ) c GROUP BY id HAVING sum(delta) <> 0
    ), counted AS (
      INSERT INTO software_counts AS k (software_id, source, hosts_count)
      SELECT c.id, s.source, c.delta FROM changes c JOIN software s ON s.id = c.id ORDER BY c.id
      ON CONFLICT (software_id) DO UPDATE SET hosts_count = k.hosts_count + EXCLUDED.hosts_count
      RETURNING k.software_id, k.hosts_count AS after
    ), versions AS (
      SELECT s.title_id, sum(CASE WHEN n.after > 0 THEN 1 ELSE -1 END)::integer AS delta, bool_or(s.vendor <> '') AS names_vendor
      FROM counted n JOIN changes c ON c.id = n.software_id JOIN software s ON s.id = n.software_id
      WHERE (n.after > 0) <> (n.after - c.delta > 0) GROUP BY s.title_id
    ), title_changes AS (
      SELECT coalesce(c.id, v.title_id) AS id, coalesce(c.delta, 0) AS hosts, coalesce(v.delta, 0) AS versions
      FROM changes_of_titles c FULL JOIN versions v ON v.title_id = c.id
    ), title_counted AS (
      INSERT INTO software_title_counts AS k (title_id, source, hosts_count, versions_count)
      SELECT c.id, t.source, c.hosts, c.versions FROM title_changes c JOIN software_titles t ON t.id = c.id ORDER BY c.id
      ON CONFLICT (title_id) DO UPDATE
      SET hosts_count = k.hosts_count + EXCLUDED.hosts_count, versions_count = k.versions_count + EXCLUDED.versions_count
    ), members AS (
      SELECT m.label_id, sum(delta)::integer AS delta FROM (
        SELECT unnest(labels_added) AS label_id, 1 AS delta FROM taken
        UNION ALL SELECT unnest(labels_removed), -1 FROM taken
      ) m JOIN labels l ON l.id = m.label_id GROUP BY m.label_id HAVING sum(delta) <> 0
    ), members_counted AS (
      INSERT INTO label_counts AS k (label_id, hosts_count) SELECT label_id, delta FROM members ORDER BY label_id
      ON CONFLICT (label_id) DO UPDATE SET hosts_count = k.hosts_count + EXCLUDED.hosts_count
    ), label_changes AS (
      SELECT c.label_id, c.id, sum(delta)::integer AS delta FROM (
        SELECT l.label_id, c.id, 1 AS delta FROM taken, unnest(counting) l (label_id), unnest(software_added) c (id)
        UNION ALL SELECT l.label_id, c.id, -1 FROM taken, unnest(counting) l (label_id), unnest(software_removed) c (id)
      ) c JOIN labels l ON l.id = c.label_id GROUP BY c.label_id, c.id HAVING sum(delta) <> 0
    ), label_changes_of_titles AS (
      SELECT c.label_id, c.id, sum(delta)::integer AS delta FROM (
        SELECT l.label_id, c.id, 1 AS delta FROM taken, unnest(counting) l (label_id), unnest(titles_added) c (id)
        UNION ALL SELECT l.label_id, c.id, -1 FROM taken, unnest(counting) l (label_id), unnest(titles_removed) c (id)
      ) c JOIN labels l ON l.id = c.label_id GROUP BY c.label_id, c.id HAVING sum(delta) <> 0
    ), ${labelCountsApplied}
    SELECT (SELECT count(*) FROM taken)::integer AS taken, ARRAY(SELECT title_id FROM versions WHERE names_vendor) AS titles`.execute(
    tx,
  );
  await countsTidyInTx(tx);
  await titleVendorsKeepInTx(tx, rows[0]?.titles ?? []);
  return rows[0]?.taken ?? 0;
}

/**
 * The labels that a ledger row `c` counts for. One that is being counted takes only what its snapshot lacks, and nothing before it has
 * one (count-label-run.ts).
 */
const countingLabels: RawBuilder<unknown> = sql`ARRAY(
  SELECT l.id FROM unnest(c.label_ids) l (id)
  WHERE NOT EXISTS (
    SELECT FROM label_count_runs r WHERE r.label_id = l.id AND (r.snapshot IS NULL OR pg_visible_in_snapshot(c.xid, r.snapshot))
  ))`;

/**
 * The end of a WITH clause: applies `label_changes` (of software) and `label_changes_of_titles`, both (label_id, id, delta), to the counts
 * within labels. Two relations, for the reason that the fold itself has two.
 */
export const labelCountsApplied: RawBuilder<unknown> = sql`
  label_counted AS (
    INSERT INTO label_software_counts AS k (label_id, software_id, source, hosts_count)
    SELECT c.label_id, c.id, s.source, c.delta FROM label_changes c JOIN software s ON s.id = c.id
    ORDER BY c.label_id, c.id
    ON CONFLICT (label_id, software_id) DO UPDATE SET hosts_count = k.hosts_count + EXCLUDED.hosts_count
    RETURNING k.label_id, k.software_id, k.hosts_count AS after
  ), label_versions AS (
    SELECT n.label_id, s.title_id, sum(CASE WHEN n.after > 0 THEN 1 ELSE -1 END)::integer AS delta
    FROM label_counted n JOIN label_changes c ON c.label_id = n.label_id AND c.id = n.software_id
      JOIN software s ON s.id = n.software_id
    WHERE (n.after > 0) <> (n.after - c.delta > 0) GROUP BY n.label_id, s.title_id
  ), label_title_changes AS (
    SELECT coalesce(c.label_id, v.label_id) AS label_id, coalesce(c.id, v.title_id) AS id, coalesce(c.delta, 0) AS hosts,
      coalesce(v.delta, 0) AS versions
    FROM label_changes_of_titles c
      FULL JOIN label_versions v ON v.label_id = c.label_id AND v.title_id = c.id
  ), label_title_counted AS (
    INSERT INTO label_title_counts AS k (label_id, title_id, source, hosts_count, versions_count)
    SELECT c.label_id, c.id, t.source, c.hosts, c.versions FROM label_title_changes c JOIN software_titles t ON t.id = c.id
    ORDER BY c.label_id, c.id
    ON CONFLICT (label_id, title_id) DO UPDATE
    SET hosts_count = k.hosts_count + EXCLUDED.hosts_count, versions_count = k.versions_count + EXCLUDED.versions_count
  )`;

/** Counts of 0 are no rows: a row exists only while some host holds the software. By the indexes on the counts. */
export async function countsTidyInTx(tx: Database): Promise<void> {
  for (const table of ["software_counts", "software_title_counts", "label_software_counts"]) {
    // a literal: the indexes of labels hold only rows of 0
    // oxlint-disable-next-line no-await-in-loop -- a transaction has one connection
    await sql`DELETE FROM ${sql.table(table)} WHERE hosts_count = 0`.execute(tx);
  }
  // while a label is being counted, what came to a title and what went may be equal before the rest is added
  await sql`DELETE FROM label_title_counts WHERE hosts_count = 0 AND versions_count = 0`.execute(tx);
}

/**
 * Makes the counts of these titles within labels anew from the rows: for whoever changes which title a software belongs to. Holds only
 * under the exclusive sweep lock (no link moves) and {@link countsLockInTx}, with nothing left in the ledger.
 */
export async function labelTitleCountsRecountInTx(tx: Database, titleIds: number[]): Promise<void> {
  await sql`
    UPDATE label_count_runs SET moved_titles = moved_titles || ${titleIds}::bigint[] WHERE snapshot IS NOT NULL`.execute(tx);
  await sql`DELETE FROM label_title_counts WHERE title_id = ANY (${titleIds}::bigint[])`.execute(tx);
  await sql`
    INSERT INTO label_title_counts (label_id, title_id, source, hosts_count, versions_count)
    SELECT m.label_id, s.title_id, t.source, count(DISTINCT hs.host_id), count(DISTINCT hs.software_id)
    FROM software s JOIN software_titles t ON t.id = s.title_id
      JOIN host_software hs ON hs.software_id = s.id
      JOIN label_membership m ON m.host_id = hs.host_id AND m.counted
    WHERE s.title_id = ANY (${titleIds}::bigint[])
    GROUP BY m.label_id, s.title_id, t.source`.execute(tx);
}
