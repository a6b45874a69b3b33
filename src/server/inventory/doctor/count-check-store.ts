import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { Database } from "../../database/tables.ts";
import type { Found } from "./check.ts";
import { wrongRows } from "./look-store.ts";
import type { Look } from "./look.ts";

type Fragment = RawBuilder<unknown>;

/** What some rows of a table of counts must hold: the rows there are, less the changes that the ledger still carries, in one statement. */
interface CountTable {
  table: Fragment;
  /** Columns of its key, one or two; the last one is the id in the catalogue. */
  key: readonly string[];
  counts: readonly string[];
  /** Relation of key and counts of these ids, as they must be. */
  expected: (ids: readonly number[]) => Fragment;
  /** Rows that can be compared in this moment; the table is `k`. */
  settled?: Fragment;
  /** What a row of the table needs besides key and counts: the source, by the id. */
  catalogue: Fragment | null;
}

const within = (column: Fragment, ids: readonly number[]): Fragment => sql`${column} = ANY (${[...ids]}::bigint[])`;

/** Links count as long as their host exists; what deleted hosts left is cleared away in the background. */
const OF_A_HOST = sql`EXISTS (SELECT 1 FROM hosts h WHERE h.id = hs.host_id)`;

/** Labels that are being counted have incomplete counts, which are made right when that ends. */
const SETTLED = sql`k.label_id NOT IN (SELECT label_id FROM label_count_runs)`;
const SETTLED_LABELS = sql`(SELECT id FROM labels WHERE id NOT IN (SELECT label_id FROM label_count_runs))`;

/** The changes that are not folded yet, as (label_id, id, delta); `label_id` 0: the fleet. */
function pending(added: string, removed: string, labelled: boolean): Fragment {
  const from = labelled ? sql`software_count_changes, unnest(label_ids) l (label_id)` : sql`software_count_changes`;
  const label = labelled ? sql`l.label_id` : sql`0`;
  const where = labelled ? sql`true` : sql`NOT only_labels`;
  return sql`
    SELECT ${label} AS label_id, c.id, 1 AS delta FROM ${from}, unnest(${sql.ref(added)}) c (id) WHERE ${where}
    UNION ALL SELECT ${label}, c.id, -1 FROM ${from}, unnest(${sql.ref(removed)}) c (id) WHERE ${where}`;
}

export const SOFTWARE_COUNTS: CountTable = {
  table: sql`software_counts`,
  key: ["software_id"],
  counts: ["hosts_count"],
  catalogue: sql`software`,
  expected: (ids) => sql`
    SELECT id AS software_id, sum(delta)::integer AS hosts_count FROM (
      SELECT hs.software_id AS id, count(*) AS delta FROM host_software hs
      WHERE ${within(sql`hs.software_id`, ids)} AND ${OF_A_HOST} GROUP BY 1
      UNION ALL SELECT p.id, -p.delta FROM (${pending("software_added", "software_removed", false)}) p WHERE ${within(sql`p.id`, ids)}
    ) e GROUP BY id HAVING sum(delta) <> 0`,
};

export const TITLE_COUNTS: CountTable = {
  table: sql`software_title_counts`,
  key: ["title_id"],
  counts: ["hosts_count", "versions_count"],
  catalogue: sql`software_titles`,
  expected: (ids) => sql`
    SELECT e.id AS title_id, e.hosts_count, coalesce(v.versions_count, 0) AS versions_count FROM (
      SELECT id, sum(delta)::integer AS hosts_count FROM (
        SELECT title_id AS id, count(*) AS delta FROM (
          SELECT hs.host_id, s.title_id FROM host_software hs JOIN software s ON s.id = hs.software_id
          WHERE ${within(sql`s.title_id`, ids)} AND ${OF_A_HOST} GROUP BY hs.host_id, s.title_id
        ) pairs GROUP BY 1
        UNION ALL SELECT p.id, -p.delta FROM (${pending("titles_added", "titles_removed", false)}) p WHERE ${within(sql`p.id`, ids)}
      ) d GROUP BY id HAVING sum(delta) <> 0
    ) e LEFT JOIN (
      SELECT s.title_id, count(*)::integer AS versions_count FROM software_counts c JOIN software s ON s.id = c.software_id
      WHERE c.hosts_count > 0 AND ${within(sql`s.title_id`, ids)} GROUP BY 1
    ) v ON v.title_id = e.id`,
};

/** Members of labels, less those that the ledger has not counted yet. */
const labelHosts = (concerned: Fragment): Fragment => sql`
  SELECT e.label_id, sum(e.delta)::integer AS hosts_count FROM (
    SELECT label_id, count(*) AS delta FROM label_membership GROUP BY 1
    UNION ALL SELECT unnest(labels_added), -1 FROM software_count_changes
    UNION ALL SELECT unnest(labels_removed), 1 FROM software_count_changes
  ) e WHERE e.label_id IN (SELECT id FROM labels) AND ${concerned} GROUP BY 1 HAVING sum(e.delta) <> 0`;

export const LABEL_COUNTS: CountTable = {
  table: sql`label_counts`,
  key: ["label_id"],
  counts: ["hosts_count"],
  catalogue: null,
  expected: (ids) => labelHosts(within(sql`e.label_id`, ids)),
};

export const LABEL_SOFTWARE_COUNTS: CountTable = {
  table: sql`label_software_counts`,
  key: ["label_id", "software_id"],
  counts: ["hosts_count"],
  settled: SETTLED,
  catalogue: sql`software`,
  expected: (ids) => sql`
    SELECT label_id, id AS software_id, sum(delta)::integer AS hosts_count FROM (
      SELECT m.label_id, hs.software_id AS id, count(*) AS delta
      FROM label_membership m JOIN host_software hs ON hs.host_id = m.host_id
      WHERE m.counted AND ${within(sql`hs.software_id`, ids)} GROUP BY 1, 2
      UNION ALL SELECT p.label_id, p.id, -p.delta FROM (${pending("software_added", "software_removed", true)}) p
      WHERE ${within(sql`p.id`, ids)}
    ) e WHERE label_id IN ${SETTLED_LABELS} GROUP BY label_id, id HAVING sum(delta) <> 0`,
};

export const LABEL_TITLE_COUNTS: CountTable = {
  table: sql`label_title_counts`,
  key: ["label_id", "title_id"],
  counts: ["hosts_count", "versions_count"],
  settled: SETTLED,
  catalogue: sql`software_titles`,
  expected: (ids) => sql`
    SELECT e.label_id, e.id AS title_id, e.hosts_count, coalesce(v.versions_count, 0) AS versions_count FROM (
      SELECT label_id, id, sum(delta)::integer AS hosts_count FROM (
        SELECT label_id, title_id AS id, count(*) AS delta FROM (
          SELECT m.label_id, hs.host_id, s.title_id FROM label_membership m
          JOIN host_software hs ON hs.host_id = m.host_id JOIN software s ON s.id = hs.software_id
          WHERE m.counted AND ${within(sql`s.title_id`, ids)} GROUP BY 1, 2, 3
        ) pairs GROUP BY 1, 2
        UNION ALL SELECT p.label_id, p.id, -p.delta FROM (${pending("titles_added", "titles_removed", true)}) p
        WHERE ${within(sql`p.id`, ids)}
      ) d WHERE label_id IN ${SETTLED_LABELS} GROUP BY label_id, id HAVING sum(delta) <> 0
    ) e LEFT JOIN (
      SELECT c.label_id, s.title_id, count(*)::integer AS versions_count
      FROM label_software_counts c JOIN software s ON s.id = c.software_id
      WHERE c.hosts_count > 0 AND ${within(sql`s.title_id`, ids)} GROUP BY 1, 2
    ) v ON v.label_id = e.label_id AND v.title_id = e.id`,
};

const columns = (names: readonly string[], of: string): Fragment => sql.join(names.map((name) => sql.ref(`${of}.${name}`)));

/** Labels whose number of hosts is not that of their members. */
export async function labelsMiscounted({ db }: Look): Promise<Found> {
  return wrongRows(
    db,
    sql`SELECT coalesce(k.label_id, e.label_id) AS id,
        'label_id ' || coalesce(k.label_id, e.label_id) || ': hosts_count is ' || coalesce(k.hosts_count, 0)
          || ', rows say ' || coalesce(e.hosts_count, 0) AS words
      FROM label_counts k FULL JOIN (${labelHosts(sql`true`)}) e ON e.label_id = k.label_id
      WHERE coalesce(k.hosts_count, 0) <> coalesce(e.hosts_count, 0)`,
  );
}

/** Stores what the counts of these ids must be; the caller has the turn to write counts. */
export async function countsRestoreInTx(tx: Database, counted: CountTable, ids: readonly number[]): Promise<void> {
  const { table, key, counts, expected, catalogue, settled = sql`true` } = counted;
  const id = key.at(-1) ?? "";
  const source = catalogue === null ? sql`` : sql`, (SELECT c.source FROM ${catalogue} c WHERE c.id = ${sql.ref(`e.${id}`)})`;
  const exists = catalogue === null ? sql`true` : sql`EXISTS (SELECT 1 FROM ${catalogue} c WHERE c.id = ${sql.ref(`e.${id}`)})`;
  const names = sql.join([...key, ...counts, ...(catalogue === null ? [] : ["source"])].map((name) => sql.ref(name)));
  const set = sql.join(counts.map((name) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`));
  // one statement, so that rows and ledger are of one moment
  await sql`
    WITH expected AS MATERIALIZED (${expected(ids)}), gone AS (
      DELETE FROM ${table} k WHERE ${sql.ref(`k.${id}`)} = ANY (${[...ids]}::bigint[]) AND ${settled}
        AND NOT EXISTS (SELECT 1 FROM expected e WHERE (${columns(key, "e")}) = (${columns(key, "k")}))
    )
    INSERT INTO ${table} (${names})
    SELECT ${columns([...key, ...counts], "e")}${source} FROM expected e WHERE ${exists}
    ON CONFLICT (${sql.join(key.map((name) => sql.ref(name)))}) DO UPDATE SET ${set}`.execute(tx);
}
