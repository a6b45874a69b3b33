import { sql } from "kysely";
import { emptySoftwareEntry, type SoftwareEntry, type SourceReport } from "#domain/software/software.ts";
import type { Derivation } from "#domain/software/derivation/derivations.ts";
import { readonly } from "#server/database/pools.ts";
import { createIngestMetrics } from "#server/inventory/ingest-metrics.ts";
import { ingestReport, type IngestDeps } from "#server/inventory/ingest-report.ts";
import { settleCounts } from "#server/inventory/settle-counts.ts";
import { createLog } from "#server/observe/log.ts";
import { createMetrics } from "#server/observe/metrics.ts";
import { testDatabase, type TestDatabase } from "./postgres.ts";

/** A database that takes reports, and what tests ask of it. */
export interface Inventory {
  database: TestDatabase;
  deps: IngestDeps;
  newHost(): Promise<number>;
  /** Ingests one source of a host. */
  report(hostId: number, source: string, entries: SoftwareEntry[], options?: ReportOptions): Promise<void>;
  /** Every stored count that differs from the rows behind it. */
  wrongCounts(): Promise<unknown[]>;
}

interface ReportOptions {
  derivations?: readonly Derivation[];
  /** The rules that the reporter names its rows by. */
  derivation_version?: number;
}

export async function openInventory(): Promise<Inventory> {
  const database = await testDatabase();
  const { db } = database;
  const metrics = createIngestMetrics(createMetrics());
  const deps: IngestDeps = { db, replica: readonly(db), log: createLog("silent"), metrics };
  return {
    database,
    deps,
    async newHost() {
      return (await db.insertInto("hosts").values({ hostname: "h" }).returning("id").executeTakeFirstOrThrow()).id;
    },
    async report(hostId, source, entries, { derivations, derivation_version } = {}) {
      const report: SourceReport = {
        source,
        ok: true,
        entries,
        ...(derivation_version === undefined ? {} : { derivation_version }),
      };
      await ingestReport(derivations === undefined ? deps : { ...deps, derivations }, hostId, [report]);
    },
    async wrongCounts() {
      await settleCounts(db);
      return (await sql`${WRONG_COUNTS}`.execute(db)).rows;
    },
  };
}

/** An entry of a source. */
export function entryOf(source: string, fields: Partial<SoftwareEntry>): SoftwareEntry {
  return { ...emptySoftwareEntry(source), ...fields };
}

const WRONG_COUNTS = sql`
  WITH real AS (SELECT hs.host_id, hs.software_id, s.title_id FROM host_software hs JOIN hosts h ON h.id = hs.host_id
      JOIN software s ON s.id = hs.software_id),
    by_software AS (SELECT software_id AS id, count(*) AS n FROM real GROUP BY 1),
    by_title AS (SELECT title_id AS id, count(DISTINCT host_id) AS n, count(DISTINCT software_id) AS versions FROM real GROUP BY 1),
    by_host AS (SELECT host_id AS id, count(*) AS n FROM real GROUP BY 1),
    by_label AS (SELECT m.label_id, r.title_id AS id, count(DISTINCT r.host_id) AS n, count(DISTINCT r.software_id) AS versions
      FROM real r JOIN label_membership m ON m.host_id = r.host_id AND m.counted GROUP BY 1, 2)
  SELECT 'software' AS kind, id, c.hosts_count AS stored, r.n AS real FROM by_software r
    FULL JOIN (SELECT software_id AS id, hosts_count FROM software_counts) c USING (id) WHERE c.hosts_count IS DISTINCT FROM r.n
  UNION ALL SELECT 'title', id, c.hosts_count, r.n FROM by_title r
    FULL JOIN (SELECT title_id AS id, hosts_count FROM software_title_counts) c USING (id) WHERE c.hosts_count IS DISTINCT FROM r.n
  UNION ALL SELECT 'versions', id, c.versions_count, r.versions FROM by_title r
    FULL JOIN (SELECT title_id AS id, versions_count FROM software_title_counts) c USING (id)
    WHERE c.versions_count IS DISTINCT FROM r.versions
  UNION ALL SELECT 'label', id, c.hosts_count, r.n FROM by_label r
    FULL JOIN (SELECT label_id, title_id AS id, hosts_count FROM label_title_counts) c USING (label_id, id)
    WHERE c.hosts_count IS DISTINCT FROM r.n
  UNION ALL SELECT 'host', h.id, h.software_count, coalesce(r.n, 0) FROM hosts h LEFT JOIN by_host r ON r.id = h.id
    WHERE h.software_count <> coalesce(r.n, 0)`;
