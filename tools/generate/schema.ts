import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "#server/database/embedded.ts";
import { migrate } from "#server/database/migrate.ts";
import { openDatabase } from "#server/database/pools.ts";
import { createLog } from "#server/observe/log.ts";
import { dumpSchema } from "./schema-dump.ts";

/** src/server/database/schema.sql: what the migrations make of an empty database. */
export async function schemaOfMigrations(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "muster-test-schema-"));
  const log = createLog("warn");
  const server = await startEmbeddedPostgres({ directory: join(folder, "postgresql"), log, settings: { fsync: "off" } });
  const handles = openDatabase({ url: server.url, replicaUrl: null, log });
  try {
    await migrate(handles.pool);
    return await dumpSchema(handles.pool);
  } finally {
    await handles.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
