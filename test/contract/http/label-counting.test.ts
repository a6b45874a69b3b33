import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import { readonly } from "#server/database/pools.ts";
import { createIngestMetrics } from "#server/inventory/ingest-metrics.ts";
import { ingestReport } from "#server/inventory/ingest-report.ts";
import { createLog } from "#server/observe/log.ts";
import { createMetrics } from "#server/observe/metrics.ts";
import { runCommand } from "#test/support/cli-io.ts";
import { testServer } from "#test/support/server.ts";
import type { TestServer } from "#test/support/server.ts";

/** More than a request counts itself. */
const HOSTS = 260;
/** Of `countsLockInTx`. */
const FOLD_LOCK = 7301;

let server: TestServer;
let label: number;

/** Hosts that hold the same two packages, all in one label that nobody has asked for. */
beforeAll(async () => {
  server = await testServer({ jobs: true });
  const { db } = server;
  const deps = { db, replica: readonly(db), log: createLog("silent"), metrics: createIngestMetrics(createMetrics()) };
  const { rows } = await sql<{ id: number }>`
    INSERT INTO hosts (hostname, platform) SELECT 'h' || i, 'debian' FROM generate_series(1, ${HOSTS}::int) i RETURNING id`.execute(
    db,
  );
  const entries = ["bash", "zsh"].map((name) => ({ ...emptySoftwareEntry("deb_packages"), name, version: "1" }));
  await ingestReport(deps, rows[0]?.id ?? 0, [{ source: "deb_packages", ok: true, entries }]);
  await sql`
    INSERT INTO host_software (host_id, software_id) SELECT h.id, s.id FROM hosts h CROSS JOIN software s ON CONFLICT DO NOTHING`.execute(
    db,
  );
  ({ id: label } = await db
    .insertInto("labels")
    .values({ name: "Large", label_membership_type: "manual" })
    .returning("id")
    .executeTakeFirstOrThrow());
  await sql`INSERT INTO label_membership (host_id, label_id) SELECT id, ${label}::bigint FROM hosts`.execute(db);
});
afterAll(() => server.stop());

it("a large label is counted in the background: callers are told to come again, the command line waits and says why", async () => {
  const address = `${server.url}/api/latest/fleet/software/versions?label_id=${label}`;
  const headers = { authorization: `Bearer ${server.token}` };
  const { answer, command } = await server.db.transaction().execute(async (tx) => {
    await sql`SELECT pg_advisory_xact_lock(${FOLD_LOCK})`.execute(tx);
    const refused = await fetch(address, { headers });
    const env = { HOME: "/nonexistent", MUSTER_SERVER: server.url, MUSTER_TOKEN: server.token };
    let told = (): void => undefined;
    const toldOnce = new Promise<void>((resolve) => (told = resolve));
    const err: string[] = [];
    const stderr = { write: (text: string) => (told(), err.push(text)) };
    const running = runCommand(["get", "software", "--versions", "--label", String(label), "--json"], { env, fetch, stderr });
    await toldOnce;
    return { answer: refused, command: running.then((run) => ({ ...run, stderr: err.join("") })) };
  });
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "2"]);
  expect(await answer.json()).toMatchObject({
    message: "Service Unavailable",
    errors: [
      {
        name: "label_id",
        reason: `The software of the label “Large” is being counted: 0 of ${HOSTS} devices so far. Ask again in 2 seconds.`,
      },
    ],
  });
  const { code, stdout, stderr } = await command;
  expect([code, stderr.split("\n")[0]]).toEqual([
    0,
    `The software of the label “Large” is being counted: 0 of ${HOSTS} devices so far.`,
  ]);
  const { software } = JSON.parse(stdout) as { software: { name: string; hosts_count: number }[] };
  expect(Object.fromEntries(software.map((row) => [row.name, row.hosts_count]))).toEqual({ bash: HOSTS, zsh: HOSTS });
  const listed = (await (await fetch(address, { headers })).json()) as { software: { hosts_count: number }[] };
  expect(listed.software.map((row) => row.hosts_count)).toEqual([HOSTS, HOSTS]);
});
