import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, Pool } from "pg";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { identityKey } from "#domain/software/identity.ts";
import { identityOf as softwareIdentityOf } from "#domain/software/software.ts";
import { platformFamily } from "#domain/software/sources.ts";
import type { OsqueryWriteRequest } from "#protocol/osquery/messages.ts";
import { queriesOf } from "#server/agents/osquery/queries/batch.ts";
import { migrate } from "#server/database/migrate.ts";
import { checksumOf } from "#server/inventory/checksum.ts";
import { digestWrite } from "../fleet/digest-write.ts";
import { benchImages } from "../fleet/images.ts";
import { identityOf, Template } from "../fleet/template.ts";
import { startDatabase } from "../system/database.ts";
import { processCpu } from "../system/usage.ts";

/**
 * What each index and trigger of `software` costs when new software is inserted: the real table, the software of the shared images, batches
 * of 100 as in insert-catalogue.ts, one connection. `node bench/experiments/catalogue-indexes.ts`; figures of decision 0007 are from here.
 */

const BATCH_ROWS = 100;

/** What is left out, in this order, each on top of those before it. */
const WITHOUT: [name: string, sql: string][] = [
  ["all of them", ""],
  ["without the trigger of names", "DROP TRIGGER IF EXISTS software_names_inserted ON software"],
  ["… and by creation", "DROP INDEX IF EXISTS software_created_at"],
  ["… and by vendor", "DROP INDEX IF EXISTS software_vendor"],
  ["… and by version", "DROP INDEX IF EXISTS software_version"],
  ["… and by name", "DROP INDEX IF EXISTS software_name"],
  ["… and by title", "DROP INDEX IF EXISTS software_title_id"],
  ["… and the foreign key to titles", "ALTER TABLE software DROP CONSTRAINT IF EXISTS software_title_id_fkey"],
];

const INSERT = `
  INSERT INTO software (checksum, title_id, name, version, source, bundle_identifier, release, vendor, arch, extension_id,
    extension_for, application_id, upgrade_code, derivation_version)
  SELECT decode(checksum, 'hex'), title_id, name, version, source, bundle_identifier, release, vendor, arch, extension_id,
    extension_for, application_id, upgrade_code, 2
  FROM json_to_recordset($1::json) AS r(checksum text, title_id bigint, name text, version text, source text,
    bundle_identifier text, release text, vendor text, arch text, extension_id text, extension_for text, application_id text,
    upgrade_code text)
  ON CONFLICT (checksum) DO NOTHING`;

function catalogue(): SoftwareEntry[] {
  const entries = new Map<string, SoftwareEntry>();
  for (const template of benchImages().images.map((image) => new Template(image))) {
    const family = platformFamily(template.image.host.platform) ?? "linux";
    const asked = queriesOf(family, { osquery_version: "5.23.0", muster_reports: false });
    template.prepare({
      queries: Object.fromEntries(asked.map((q) => [q.name, q.sql])),
      discovery: Object.fromEntries(asked.map((q) => [q.name, q.discovery ?? "SELECT 1"])),
    });
    const { body } = template.writeBody(0, 0, identityOf("bench"), "k".repeat(43));
    for (const { entries: found } of digestWrite(JSON.parse(body.toString()) as OsqueryWriteRequest).sources)
      for (const entry of found) entries.set(identityKey(entry), entry);
  }
  return [...entries.values()];
}

/** `npm run bench -- catalogue-indexes`. */
export async function catalogueIndexes(): Promise<void> {
  const titles = new Map<string, number>();
  const titleId = (entry: SoftwareEntry): number => {
    const key = `${entry.source} ${entry.name}`;
    if (!titles.has(key)) titles.set(key, titles.size + 1);
    return titles.get(key) ?? 0;
  };
  const rows = catalogue().map((entry) => ({
    ...softwareIdentityOf(entry),
    title_id: titleId(entry),
    checksum: checksumOf(identityKey(entry)).toString("hex"),
  }));
  const directory = await mkdtemp(join(tmpdir(), "muster-catalogue-"));
  const database = await startDatabase(directory, false);
  const pool = new Pool({ connectionString: database.url });
  const client = new Client({ connectionString: database.url });
  try {
    await migrate(pool);
    await client.connect();
    const { rows: pids } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const pid = pids[0]?.pid ?? 0;
    await client.query(
      "INSERT INTO software_titles (checksum, name, source) SELECT decode(md5(i::text), 'hex'), 'x', 'x' FROM generate_series(1, $1::int) i",
      [titles.size],
    );
    console.log(`${rows.length} rows`);
    for (const [name, drop] of WITHOUT) {
      if (drop !== "") await client.query(drop);
      let best = Infinity;
      let wall = Infinity;
      let log = 0;
      for (let round = 0; round < 2; round++) {
        await client.query("TRUNCATE software, software_names CASCADE");
        await client.query("CHECKPOINT");
        const wal = await database.walPosition();
        const before = processCpu(pid);
        const started = performance.now();
        for (let i = 0; i < rows.length; i += BATCH_ROWS)
          await client.query({ name: "insert", text: INSERT, values: [JSON.stringify(rows.slice(i, i + BATCH_ROWS))] });
        best = Math.min(best, ((processCpu(pid) - before) * 1e6) / rows.length);
        wall = Math.min(wall, ((performance.now() - started) * 1000) / rows.length);
        log = ((await database.walPosition()) - wal) / rows.length;
      }
      console.log(
        `${name.padEnd(35)} ${best.toFixed(1)} µs of CPU (${wall.toFixed(0)} µs in all), ${log.toFixed(0)} bytes of log a row`,
      );
    }
  } finally {
    await client.end();
    await pool.end();
    await database.stop();
    await rm(directory, { recursive: true, force: true });
  }
}
