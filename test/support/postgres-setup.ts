import { createHash } from "node:crypto";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import type { TestProject } from "vitest/node";
import { startEmbeddedPostgres } from "#server/database/embedded.ts";
import type { EmbeddedPostgres } from "#server/database/embedded.ts";
import { migrate } from "#server/database/migrate.ts";
import { openDatabase } from "#server/database/pools.ts";
import { queueInstall } from "#server/jobs/queue-store.ts";
import { createLog } from "#server/observe/log.ts";
import { scratchDirectory } from "./scratch.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Address of the maintenance database of the test server; its user may create databases. */
    postgresUrl: string;
  }
}

/** Debian's PostgreSQL 15, the oldest that Muster supports. */
export const SYSTEM15_BINARIES = "/usr/lib/postgresql/15/bin";
export const TEMPLATE = "muster_template";

/** Durability off: a test database never outlives its run. */
const FAST = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  max_connections: "300",
  shared_buffers: "128MB",
  max_wal_size: "1GB",
};

/**
 * Vitest's global set-up: one PostgreSQL for the whole run, with a migrated template that every test database is cloned from.
 * `MUSTER_TEST_DATABASE=system15` takes Debian's PostgreSQL 15 instead of the embedded one, `none` starts none.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (process.env["MUSTER_TEST_DATABASE"] === "none") {
    project.provide("postgresUrl", "");
    return async () => undefined;
  }
  const server = await startTestPostgres();
  project.provide("postgresUrl", server.url);
  return () => server.stop();
}

/**
 * Starts a throw-away PostgreSQL with the migrated template, for test runs and benches.
 *
 * @param settings PostgreSQL settings that outrank the fast ones
 */
export async function startTestPostgres(settings: Record<string, string> = {}): Promise<EmbeddedPostgres> {
  const scratch = await scratchDirectory("muster-test-");
  const options = {
    directory: join(scratch.directory, "postgresql"),
    log: createLog("warn"),
    settings: { ...FAST, ...settings },
    ...(await binaries()),
  };
  const server = await startEmbeddedPostgres(options);
  const stop = async (): Promise<void> => {
    await server.stop();
    await scratch.remove();
  };
  try {
    await makeTemplate(server.url);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: server.url, stop };
}

async function binaries(): Promise<{ binaries?: string }> {
  const wanted = process.env["MUSTER_TEST_DATABASE"] ?? "";
  if (wanted === "" || wanted === "embedded") return {};
  if (wanted !== "system15") throw new Error(`MUSTER_TEST_DATABASE must be embedded or system15, not ${wanted}`);
  await access(SYSTEM15_BINARIES);
  return { binaries: SYSTEM15_BINARIES };
}

async function makeTemplate(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE DATABASE ${TEMPLATE}`);
  await client.end();
  const log = createLog("silent");
  const handles = openDatabase({ url: databaseAddress(url, TEMPLATE), replicaUrl: null, log });
  await migrate(handles.pool);
  await queueInstall(handles.pool, log);
  await handles.close();
}

/** The same server's address with another database. */
export function databaseAddress(url: string, database: string): string {
  return url.replace(/^(postgres:\/\/[^/]*\/)[^?]*/, `$1${database}`);
}

/** A name that no other test uses, in this process or another. */
export function databaseName(seed: string): string {
  return `test_${createHash("sha256").update(seed).digest("hex").slice(0, 20)}`;
}
