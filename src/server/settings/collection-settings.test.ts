import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";
import { tailorQueries, takeLabelResults } from "../agents/osquery/tailor-queries.ts";
import { readonly } from "../database/pools.ts";
import { SESSIONS_CHANNEL } from "../devices/node-sessions.ts";
import { createLabel } from "../labels/create-label.ts";
import { labelHost } from "../labels/label-host.ts";
import { labelsOfHosts } from "../labels/labels-of-hosts.ts";
import { createSignals } from "../notify/signals.ts";
import type { Signals } from "../notify/signals.ts";
import { createLog } from "../observe/log.ts";
import { hostCollection, readCollectionSettings, writeCollectionSettings } from "./collection-settings.ts";

let database: TestDatabase;
let signals: Signals;
let deps: { db: TestDatabase["db"]; replica: ReturnType<typeof readonly>; signals: Signals; now: () => Date };

beforeAll(async () => {
  database = await testDatabase();
  const { db, url } = database;
  signals = createSignals({ url, db, log: createLog("silent") });
  deps = { db, replica: readonly(db), signals, now: () => new Date() };
});
afterAll(async () => {
  await signals.close();
  await database.close();
});
beforeEach(async () => {
  await sql`TRUNCATE hosts, collection_settings, label_membership CASCADE`.execute(database.db);
  await sql`DELETE FROM labels WHERE label_type = 'regular'`.execute(database.db);
});

async function newHost(): Promise<number> {
  return (await database.db.insertInto("hosts").values({ platform: "ubuntu" }).returning("id").executeTakeFirstOrThrow()).id;
}

async function newLabel(name: string, fields: { query?: string; platform?: "darwin" } = {}): Promise<number> {
  return (await createLabel(deps, { name, ...fields }, null)).label.id;
}

test("a host collects what the fleet says, changed by its labels in their order; the etag names exactly that", async () => {
  const [plain, labelled] = [await newHost(), await newHost()];
  const [one, two] = [await newLabel("one"), await newLabel("two")];
  const none = (await hostCollection(database.db, plain)).etag;
  await writeCollectionSettings(
    deps,
    {
      sources: { npm_packages: { enabled: false } },
      labels: [
        { label_id: two, sources: { npm_packages: { interval_seconds: 600 } } },
        { label_id: one, sources: { npm_packages: { interval_seconds: 60, enabled: true, roots: ["/srv"] } } },
      ],
    },
    null,
  );
  expect((await readCollectionSettings(deps)).labels.map((label) => label.label_name)).toEqual(["two", "one"]);
  await labelHost(deps, labelled, ["one", "two"], true);
  const [fleet, both] = [await hostCollection(database.db, plain), await hostCollection(database.db, labelled)];
  expect(fleet.settings).toEqual({ sources: { npm_packages: { enabled: false } } });
  expect(both.settings).toEqual({ sources: { npm_packages: { enabled: true, interval_seconds: 600, roots: ["/srv"] } } });
  expect(new Set([none, fleet.etag, both.etag]).size).toBe(3);
});

test("what is wrong is refused by its place, and nothing changes", async () => {
  const label_id = await newLabel("one");
  const wrong: [Parameters<typeof writeCollectionSettings>[1], string][] = [
    [{ sources: { wheels: {} } }, "sources.wheels"],
    [{ sources: { npm_packages: { roots: ["/srv", "srv"] } } }, "sources.npm_packages.roots"],
    [{ sources: { npm_packages: { roots: ["/srv/../etc"] } } }, "sources.npm_packages.roots"],
    [{ sources: {}, labels: [{ label_id: 999_999, sources: {} }] }, "labels[0].label_id"],
    [
      {
        sources: {},
        labels: [
          { label_id, sources: {} },
          { label_id, sources: {} },
        ],
      },
      "labels[1].label_id",
    ],
  ];
  for (const [body, name] of wrong) {
    // oxlint-disable-next-line no-await-in-loop
    await expect(writeCollectionSettings(deps, body, null)).rejects.toMatchObject({ status: 422, errors: [{ name }] });
  }
  expect(await readCollectionSettings(deps)).toEqual({ sources: {}, labels: [] });
});

test("processes are told to forget a host's answers when a label moves it to other settings, and only then", async () => {
  const [host, other] = [await newHost(), await newHost()];
  const label_id = await newLabel("with settings");
  await newLabel("without");
  await writeCollectionSettings(deps, { sources: {}, labels: [{ label_id, sources: { apps: { enabled: false } } }] }, null);
  const heard: string[] = [];
  const end = signals.subscribe(SESSIONS_CHANNEL, (payload) => void heard.push(payload));
  await expectSoon(async () => {
    await signals.publish(SESSIONS_CHANNEL, "listening");
    return heard.includes("listening");
  });
  await labelHost(deps, other, ["without"], true);
  await labelHost(deps, host, ["with settings"], true);
  await expectSoon(async () => heard.includes(String(host)));
  expect(heard).not.toContain(String(other));
  end();
});

test("osquery is not asked for sources that are off, and is asked for its dynamic labels; only those answers count", async () => {
  const host_id = await newHost();
  const [mine, macs] = [
    await newLabel("mine", { query: "SELECT 1 WHERE 1 = 1" }),
    await newLabel("macs", { query: "SELECT 2", platform: "darwin" }),
  ];
  const manual = await newLabel("manual");
  await writeCollectionSettings(deps, { sources: { deb_packages: { enabled: false } } }, null);
  const batch = { queries: { muster_software_deb_packages: "SELECT 1", muster_detail_os: "SELECT 2" }, discovery: {} };
  const session = { host_id, platform: "ubuntu" };
  const { queries } = await tailorQueries(database.db, session, batch);
  expect(queries?.[`fleet_label_query_${mine}`]).toBe("SELECT 1 WHERE 1 = 1");
  expect(queries?.[`fleet_label_query_${macs}`]).toBeUndefined();
  const answer = (rows: unknown[], status = 0) => ({
    node_key: "k",
    queries: Object.fromEntries([mine, macs, manual].map((id) => [`fleet_label_query_${id}`, rows])),
    statuses: Object.fromEntries([mine, macs, manual].map((id) => [`fleet_label_query_${id}`, status])),
  });
  const labels = async (): Promise<string[]> =>
    (await labelsOfHosts(readonly(database.db), [host_id])).get(host_id)?.map((label) => label.name) ?? [];
  await takeLabelResults(database.db, session, answer([{ a: "1" }]));
  expect(await labels()).toEqual(["mine"]);
  await takeLabelResults(database.db, session, answer([], 1));
  expect(await labels()).toEqual(["mine"]);
  await takeLabelResults(database.db, session, answer([]));
  expect(await labels()).toEqual([]);
  expect(await tailorQueries(database.db, session, {})).toEqual({});
});

async function expectSoon(condition: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200; i++) {
    // oxlint-disable-next-line no-await-in-loop
    if (await condition()) return;
    // oxlint-disable-next-line no-await-in-loop
    await new Promise((resolve) => void setTimeout(resolve, 25));
  }
  expect.unreachable("it did not happen within five seconds");
}
