import { emptySoftwareEntry, type SoftwareEntry, type SourceReport } from "#domain/software/software.ts";
import type { Derivation } from "#domain/software/derivation/derivations.ts";
import { readonly } from "#server/database/pools.ts";
import { createIngestMetrics } from "#server/inventory/ingest-metrics.ts";
import { ingestReport, type IngestDeps } from "#server/inventory/ingest-report.ts";
import { createLog } from "#server/observe/log.ts";
import { createMetrics } from "#server/observe/metrics.ts";
import { testDatabase, type TestDatabase } from "./postgres.ts";
import { wrongCounts } from "./wrong-counts.ts";

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
    wrongCounts: () => wrongCounts(db),
  };
}

/** An entry of a source. */
export function entryOf(source: string, fields: Partial<SoftwareEntry>): SoftwareEntry {
  return { ...emptySoftwareEntry(source), ...fields };
}
