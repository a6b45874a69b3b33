import { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import type { PoolClient } from "pg";
import { from as copyFrom } from "pg-copy-streams";

/** Advisory locks of feed parts: this number and the part's id. */
const PART_LOCK = 0x6d76_6665;

/** Tries to become the only one that loads a part, for as long as the connection lives. */
export async function loadLock(client: PoolClient, partId: number): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>("SELECT pg_try_advisory_lock($1, $2) AS locked", [PART_LOCK, partId]);
  return rows[0]?.locked === true;
}

export async function loadUnlock(client: PoolClient, partId: number): Promise<void> {
  await client.query("SELECT pg_advisory_unlock($1, $2)", [PART_LOCK, partId]);
}

/** Digests of the records that a part holds, by name. */
export async function loadedDigests(client: PoolClient, partId: number): Promise<Map<string, string>> {
  const known = new Map<string, string>();
  await client.query("BEGIN READ ONLY");
  try {
    const cursor =
      "DECLARE known NO SCROLL CURSOR FOR SELECT name, encode(digest, 'hex') AS digest FROM feed_records WHERE part_id = $1";
    await client.query(cursor, [partId]);
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- a cursor is read in its order
      const { rows } = await client.query<{ name: string; digest: string }>("FETCH 5000 FROM known");
      if (rows.length === 0) return known;
      for (const { name, digest } of rows) known.set(name, digest);
    }
  } finally {
    await client.query("ROLLBACK");
  }
}

/** Tables of the connection that new rows wait in until they are all there. */
export async function stageCreate(client: PoolClient): Promise<void> {
  await client.query(`
    CREATE TEMP TABLE IF NOT EXISTS feed_stage
      (seq int, name text, digest text, vulnerabilities text[], facts json, aliases json, affected json);
    CREATE TEMP TABLE IF NOT EXISTS feed_stage_gone (name text PRIMARY KEY);
    CREATE TEMP TABLE IF NOT EXISTS feed_stage_scores (cve text, epss real, percentile real);
    TRUNCATE feed_stage, feed_stage_gone, feed_stage_scores`);
}

export type StageTable = "feed_stage" | "feed_stage_gone" | "feed_stage_scores";

/** Writes rows (see copy-text.ts) into a staging table as they come, as fast as the database takes them. */
export class StageWriter {
  readonly #stream: Writable;
  #buffer = "";

  constructor(client: PoolClient, table: StageTable) {
    this.#stream = client.query(copyFrom(`COPY ${table} FROM STDIN`));
  }

  async write(row: string): Promise<void> {
    this.#buffer += row;
    if (this.#buffer.length < 256 * 1024) return;
    const chunk = this.#buffer;
    this.#buffer = "";
    if (this.#stream.errored !== null) throw this.#stream.errored;
    if (!this.#stream.write(chunk)) await drained(this.#stream);
  }

  async end(): Promise<void> {
    this.#stream.end(this.#buffer);
    await finished(this.#stream);
  }

  /** Gives up what was written. */
  async abort(): Promise<void> {
    this.#stream.destroy(new Error("the load is given up"));
    await finished(this.#stream).catch(() => {});
  }
}

async function drained(stream: Writable): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  stream.once("drain", resolve);
  stream.once("error", reject);
  try {
    await promise;
  } finally {
    stream.off("drain", resolve);
    stream.off("error", reject);
  }
}

/** Of rows with one name the last one stays; and what is staged is measured, for the plans of what follows. */
export async function stageFinish(client: PoolClient, repeated: boolean): Promise<void> {
  if (repeated) {
    await client.query(`
      DELETE FROM feed_stage s USING (SELECT name, max(seq) AS seq FROM feed_stage GROUP BY name HAVING count(*) > 1) last
      WHERE s.name = last.name AND s.seq < last.seq`);
  }
  await client.query(`ANALYZE feed_stage; ANALYZE feed_stage_gone`);
}

/**
 * Puts what is staged in the place of what the part holds: records that are named in the staging table are replaced, those of the table of
 * gone ones deleted. Queues every (ecosystem, package) and vulnerability that they touch or touched. To be called in a transaction: whoever
 * reads sees all of it or nothing. A record that changes keeps its id, so that findings can still name it.
 */
export async function stagedRecordsApply(client: PoolClient, partId: number): Promise<void> {
  await client.query(`
    CREATE TEMP TABLE touched ON COMMIT DROP AS
    SELECT r.id, s.name IS NULL AS gone FROM feed_records r LEFT JOIN feed_stage s ON s.name = r.name
    WHERE r.part_id = ${partId} AND (s.name IS NOT NULL OR r.name IN (SELECT name FROM feed_stage_gone))`);
  await client.query("ANALYZE touched");
  await client.query(`
    CREATE TEMP TABLE touched_packages ON COMMIT DROP AS
    SELECT a.ecosystem, a.package FROM affected_packages a JOIN touched t ON t.id = a.record_id
    UNION SELECT a ->> 'ecosystem', a ->> 'package' FROM feed_stage s, json_array_elements(s.affected) a`);
  // in order, so that two loads that queue the same keys do not wait for each other in a circle
  await client.query(`
    INSERT INTO merge_queue (cve)
    SELECT unnest(r.vulnerabilities) FROM feed_records r JOIN touched t ON t.id = r.id
    UNION SELECT unnest(s.vulnerabilities) FROM feed_stage s ORDER BY 1
    ON CONFLICT (cve) DO UPDATE SET scores_only = false`);
  await client.query("DELETE FROM affected_packages WHERE record_id IN (SELECT id FROM touched)");
  await client.query("DELETE FROM vulnerability_aliases WHERE record_id IN (SELECT id FROM touched)");
  await client.query("DELETE FROM feed_records WHERE id IN (SELECT id FROM touched WHERE gone)");
  await client.query(`
    UPDATE feed_records r SET digest = decode(s.digest, 'hex'), vulnerabilities = s.vulnerabilities, facts = s.facts
    FROM feed_stage s WHERE r.part_id = ${partId} AND r.name = s.name`);
  await client.query(`
    INSERT INTO feed_records (part_id, name, digest, vulnerabilities, facts)
    SELECT ${partId}, s.name, decode(s.digest, 'hex'), s.vulnerabilities, s.facts FROM feed_stage s
    ON CONFLICT (part_id, name) DO NOTHING`);
  await client.query(`
    INSERT INTO affected_packages (record_id, ecosystem, package, ranges)
    SELECT r.id, a ->> 'ecosystem', a ->> 'package', a -> 'ranges'
    FROM feed_stage s JOIN feed_records r ON r.part_id = ${partId} AND r.name = s.name, json_array_elements(s.affected) a`);
  await client.query(`
    INSERT INTO vulnerability_aliases (record_id, alias, vulnerability)
    SELECT DISTINCT r.id, a ->> 0, a ->> 1
    FROM feed_stage s JOIN feed_records r ON r.part_id = ${partId} AND r.name = s.name, json_array_elements(s.aliases) a`);
  // a row that waits already is locked until this commits: whoever takes it reads the new ranges
  await client.query(`
    INSERT INTO match_queue (ecosystem, package) SELECT ecosystem, package FROM touched_packages ORDER BY 1, 2
    ON CONFLICT (ecosystem, package) DO UPDATE SET queued_at = excluded.queued_at`);
}

/**
 * Puts the staged scores in the place of those that are there. Returns how many differ. In a transaction, as above. Which of the fleet's
 * vulnerabilities they concern is found out afterwards ({@link scoresQueue}): all scores move each day, and few are of these.
 */
export async function stagedScoresApply(client: PoolClient): Promise<number> {
  await client.query("ANALYZE feed_stage_scores");
  const { rows } = await client.query<{ changed: number }>(`
    WITH staged AS (SELECT DISTINCT ON (cve) cve, epss, percentile FROM feed_stage_scores),
    gone AS (DELETE FROM epss_scores e WHERE NOT EXISTS (SELECT FROM staged s WHERE s.cve = e.cve) RETURNING 1),
    changed AS (
      INSERT INTO epss_scores AS e (cve, epss, percentile)
      SELECT s.cve, s.epss, s.percentile FROM staged s LEFT JOIN epss_scores o USING (cve)
      WHERE o.cve IS NULL OR (o.epss, o.percentile) IS DISTINCT FROM (s.epss, s.percentile) ORDER BY s.cve
      ON CONFLICT (cve) DO UPDATE SET epss = excluded.epss, percentile = excluded.percentile RETURNING 1)
    SELECT ((SELECT count(*) FROM gone) + (SELECT count(*) FROM changed))::int AS changed`);
  return rows[0]?.changed ?? 0;
}

/**
 * Queues the fleet's vulnerabilities that do not show the scores that are loaded. Also those that a load before left behind, because its process
 * ended, or that came while it was committed. One of which a record changed as well stays queued for a whole merge.
 */
export async function scoresQueue(client: PoolClient): Promise<void> {
  await client.query(`
    INSERT INTO merge_queue (cve, scores_only)
    SELECT v.cve, true FROM vulnerabilities v LEFT JOIN epss_scores e USING (cve)
    WHERE (v.epss, v.epss_percentile) IS DISTINCT FROM (e.epss, e.percentile) ORDER BY v.cve
    ON CONFLICT (cve) DO UPDATE SET cve = excluded.cve`);
}

/** Puts these cycles (as JSON) in the place of those that are there. Returns how many differ. In a transaction, as above. */
export async function lifeCyclesApply(client: PoolClient, cycles: string): Promise<number> {
  const { rows } = await client.query<{ changed: number }>(
    `
    WITH given AS (
      SELECT DISTINCT ON (product, cycle) product, cycle, codename, released, latest,
        CASE WHEN json_typeof(end_of_life) = 'string' THEN (end_of_life #>> '{}')::date END AS end_of_life,
        CASE WHEN json_typeof(end_of_life) = 'boolean' THEN (end_of_life #>> '{}')::boolean END AS ended,
        CASE WHEN json_typeof(extended_end) = 'string' THEN (extended_end #>> '{}')::date END AS extended_end
      FROM json_to_recordset($1) AS g(product text, cycle text, codename text, released date, latest text,
        end_of_life json, extended_end json)),
    gone AS (
      DELETE FROM life_cycles l WHERE NOT EXISTS (SELECT FROM given g WHERE (g.product, g.cycle) = (l.product, l.cycle)) RETURNING 1),
    changed AS (
      INSERT INTO life_cycles AS l (product, cycle, codename, released, end_of_life, ended, extended_end, latest)
      SELECT product, cycle, codename, released, end_of_life, ended, extended_end, latest FROM given
      ON CONFLICT (product, cycle) DO UPDATE SET codename = excluded.codename, released = excluded.released,
        end_of_life = excluded.end_of_life, ended = excluded.ended, extended_end = excluded.extended_end, latest = excluded.latest
      WHERE (l.codename, l.released, l.end_of_life, l.ended, l.extended_end, l.latest) IS DISTINCT FROM
        (excluded.codename, excluded.released, excluded.end_of_life, excluded.ended, excluded.extended_end, excluded.latest)
      RETURNING 1)
    SELECT ((SELECT count(*) FROM gone) + (SELECT count(*) FROM changed))::int AS changed`,
    [cycles],
  );
  return rows[0]?.changed ?? 0;
}

/** Begins the transaction that swaps a generation. */
export async function transactionBegin(client: PoolClient): Promise<void> {
  await client.query("BEGIN");
}

export async function transactionCommit(client: PoolClient): Promise<void> {
  await client.query("COMMIT");
}

export async function transactionRollback(client: PoolClient): Promise<void> {
  await client.query("ROLLBACK");
}
