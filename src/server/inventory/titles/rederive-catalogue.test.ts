import { setTimeout } from "node:timers/promises";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { appName } from "#domain/software/app-name.ts";
import { DERIVATIONS, type Derivation } from "#domain/software/derivation/derivations.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { entryOf, openInventory, type Inventory } from "#test/support/inventory.ts";
import { HAS_SHARED_IMAGES, sharedImage, SHARED_IMAGES_MISSING, type TableRow } from "#test/support/simulated-osquery/images.ts";
import { checksumOf } from "../checksum.ts";
import { correctTitles } from "./correct-titles.ts";
import { titleMergedInto } from "./correction-store.ts";
import { sweepOrphans } from "../sweep-orphans.ts";
import { rederiveBatch, rederiveCatalogue } from "./rederive-catalogue.ts";

let inventory: Inventory;
beforeEach(async () => {
  inventory = await openInventory();
});
afterEach(() => inventory.database.close());
const db = () => inventory.database.db;

/** A later version of the rules, that takes ".app" from the names of applications (what Fleet 4.67 did, its issue 28565). */
const WITHOUT_APP: readonly Derivation[] = [
  ...DERIVATIONS,
  {
    version: 3,
    what: "Applications are named without .app.",
    identity: (s) => (s.source === "apps" && s.name.endsWith(".app") ? { ...s, name: s.name.slice(0, -".app".length) } : s),
  },
];
const OLD = { derivations: WITHOUT_APP, derivation_version: 2 };
const NEW = { derivations: WITHOUT_APP };
const rederive = (signal = new AbortController().signal) => rederiveCatalogue({ db: db(), derivations: WITHOUT_APP }, signal);

const app = (name: string, path: string, fields: Partial<SoftwareEntry> = {}) =>
  entryOf("apps", { name, installed_paths: [path], ...fields });

async function links(hostId: number) {
  return db()
    .selectFrom("host_software as hs")
    .innerJoin("software as s", "s.id", "hs.software_id")
    .select(["s.id", "s.name", "s.version", "s.title_id", "hs.created_at", "hs.installed_paths"])
    .where("hs.host_id", "=", hostId)
    .orderBy(sql`s.name COLLATE "C"`)
    .orderBy("s.id")
    .execute();
}

async function events(hostId?: number) {
  let query = db().selectFrom("host_software_history").select("event");
  if (hostId !== undefined) query = query.where("host_id", "=", hostId);
  return [...new Set((await query.execute()).map((row) => row.event))].toSorted();
}

describe("a change that the stored identity tells", () => {
  it("keeps the id, first-seen and history of every row, and old reports go on meaning it", async () => {
    const host = await inventory.newHost();
    const before = [app("Zed.app", "/Applications/Zed.app"), app("Bear.app", "/Applications/Bear.app", { version: "2" })];
    await inventory.report(host, "apps", before);
    await db().updateTable("host_software").set({ created_at: "2025-01-01T00:00:00Z" }).execute();
    const held = await links(host);
    expect(await rederive()).toEqual({ software: 2, links_moved: 0 });
    const after = await links(host);
    expect(after.map(({ id, name, created_at }) => ({ id, name, created_at }))).toEqual(
      held.map(({ id, name, created_at }) => ({ id, name: name.replace(".app", ""), created_at })),
    );
    for (const options of [OLD, NEW, OLD, {}]) {
      // an agent with old names, one with new ones, and a server that does not translate at all (only the aliases help)
      const names = options === NEW ? before.map((e) => ({ ...e, name: e.name.replace(".app", "") })) : before;
      await inventory.report(host, "apps", names, options);
      expect((await links(host)).map((link) => link.id)).toEqual(held.map((link) => link.id));
    }
    expect(await events()).toEqual([]);
    expect(await rederive()).toEqual({ software: 0, links_moved: 0 });
    expect(await inventory.wrongCounts()).toEqual([]);
  });

  it("unites rows that become one: links, paths, first-seen, history and facts", async () => {
    const [both, only, former] = [await inventory.newHost(), await inventory.newHost(), await inventory.newHost()];
    await inventory.report(both, "apps", [app("Zed.app", "/Applications/Zed.app")]);
    await db().updateTable("host_software").set({ created_at: "2025-01-01T00:00:00Z" }).execute();
    await inventory.report(both, "apps", [app("Zed.app", "/Applications/Zed.app"), app("Zed", "/opt/Zed.app")]);
    await inventory.report(only, "apps", [app("Zed.app", "/Applications/Zed.app")]);
    await inventory.report(former, "apps", [app("Zed.app", "/Applications/Zed.app")]);
    await inventory.report(former, "apps", []);
    const kept = (await links(both)).find((link) => link.name === "Zed");
    expect(await rederive()).toEqual({ software: 2, links_moved: 2 });
    expect(await links(both)).toMatchObject([
      { id: kept?.id, installed_paths: ["/Applications/Zed.app", "/opt/Zed.app"], created_at: new Date("2025-01-01T00:00:00Z") },
    ]);
    expect(await links(only)).toMatchObject([{ id: kept?.id, installed_paths: ["/Applications/Zed.app"] }]);
    const history = await db().selectFrom("host_software_history").select(["software_id", "event"]).execute();
    expect(history.map((row) => row.software_id)).toEqual(history.map(() => kept?.id));
    expect(await inventory.wrongCounts()).toEqual([]);
    // nothing is left of the other row, and its old name leads to this one
    await sweepOrphans({ db: db(), now: () => new Date(Date.now() + 1000) }, new AbortController().signal, 0);
    expect(await db().selectFrom("software").select("id").execute()).toEqual([{ id: kept?.id }]);
    await inventory.report(only, "apps", [app("Zed.app", "/Applications/Zed.app")]);
    expect(await links(only)).toMatchObject([{ id: kept?.id }]);
  });

  it("keeps an administrator's corrections of titles that get another key", async () => {
    const host = await inventory.newHost();
    await inventory.report(host, "apps", [app("Zed.app", "/a", { version: "1" }), app("Zed.app", "/b", { version: "2" })]);
    const { title_id } = (await links(host))[0]!;
    await correctTitles({ db: db() }, { type: "split", title_id, name: "Zed two", version_starts_with: "2" }, null);
    await correctTitles({ db: db() }, { type: "rename", title_id, name: "Zed editor" }, null);
    await rederive();
    const named = async () => {
      const ids = (await links(host)).map((link) => link.title_id);
      const titles = await db().selectFrom("software_titles").select(["id", "name"]).where("id", "in", ids).execute();
      return ids.map((id) => titles.find((t) => t.id === id)?.name);
    };
    expect(await named()).toEqual(["Zed editor", "Zed two"]);
    await inventory.report(host, "apps", [app("Zed", "/a", { version: "1" }), app("Zed", "/b", { version: "2.1" })], NEW);
    expect(await named()).toEqual(["Zed editor", "Zed two"]);
    expect(await inventory.wrongCounts()).toEqual([]);
  });

  it("brings Windows programs that were titled by their whole name under one title, which their old addresses lead to", async () => {
    const host = await inventory.newHost();
    const names = ["Granola 7.373.2", "Granola 7.374.0"];
    await inventory.report(
      host,
      "programs",
      names.map((name) => entryOf("programs", { name, version: name.split(" ")[1] ?? "" })),
    );
    // as version 1 of the rules left it: one title a version
    const former = await db()
      .insertInto("software_titles")
      .values(
        names.map((name) => ({ name, source: "programs", checksum: checksumOf(JSON.stringify(["name", name, "programs", ""])) })),
      )
      .returning(["id", "name"])
      .execute();
    for (const { id, name } of former)
      await db().updateTable("software").set({ title_id: id, derivation_version: 1 }).where("name", "=", name).execute();
    await sql`DELETE FROM software_count_changes`.execute(db());
    await sql`TRUNCATE software_counts, software_title_counts`.execute(db());
    await sql`INSERT INTO software_counts SELECT id, source, 1 FROM software`.execute(db());
    await sql`INSERT INTO software_title_counts SELECT title_id, source, 1, 1 FROM software`.execute(db());
    expect(await rederiveBatch(db())).toBe(2);
    const held = await links(host);
    expect(new Set(held.map((link) => link.title_id)).size).toBe(1);
    for (const { id } of former) expect(await titleMergedInto(db(), id)).toBe(held[0]?.title_id);
    const [title] = await db()
      .selectFrom("software_titles")
      .selectAll()
      .where("id", "=", held[0]?.title_id ?? 0)
      .execute();
    expect(title).toMatchObject({ name: "Granola", merged_into: null });
    expect(await inventory.wrongCounts()).toEqual([]);
  });

  it("is killed and goes on while check-ins of old and new naming arrive", async () => {
    const entries = (naming: "old" | "new") =>
      Array.from({ length: 450 }, (_, i) => app(naming === "old" ? `App ${i}.app` : `App ${i}`, `/Applications/App ${i}.app`));
    const hosts = await Promise.all(Array.from({ length: 4 }, () => inventory.newHost()));
    for (const host of hosts) await inventory.report(host, "apps", entries("old"), OLD);
    await db().updateTable("host_software").set({ created_at: "2025-01-01T00:00:00Z" }).execute();
    let stop = false;
    const checkIns = hosts.map(async (host, h) => {
      for (let i = 0; !stop; i++) {
        const naming = (h + i) % 2 === 0 ? "old" : "new";
        await inventory.report(host, "apps", entries(naming), naming === "old" ? OLD : NEW);
        await setTimeout(20);
      }
    });
    expect(await rederiveBatch(db(), WITHOUT_APP)).toBe(200); // and the process is gone
    await setTimeout(300);
    const signal = AbortSignal.timeout(100); // stopped in the middle
    await rederive(signal);
    await rederive();
    stop = true;
    await Promise.all(checkIns);
    await rederive();
    for (const host of hosts) {
      await inventory.report(host, "apps", entries("new"), NEW);
      const held = await links(host);
      expect(held.map((link) => link.name).toSorted()).toEqual(
        entries("new")
          .map((e) => e.name)
          .toSorted(),
      );
      expect(new Set(held.map((link) => link.created_at.toISOString()))).toEqual(new Set(["2025-01-01T00:00:00.000Z"]));
    }
    expect(await events()).not.toContain("removed");
    expect(await events()).not.toContain("installed");
    expect(await events()).not.toContain("updated");
    expect(await inventory.wrongCounts()).toEqual([]);
  });
});

const byFile = (row: TableRow) => appEntry(row, row["name"] ?? "");
const byDisplayName = (row: TableRow) =>
  appEntry(row, appName({ display_name: "", bundle_name: "", bundle_executable: "", name: "", ...row }));

function appEntry(row: TableRow, name: string): SoftwareEntry {
  return app(name, row["path"] ?? "", {
    version: row["bundle_short_version"] ?? "",
    bundle_identifier: row["bundle_identifier"] ?? "",
  });
}

/** Seed 002: "modifying the osquery query to use display_name instead of the raw filename". No stored row knows the display name. */
const lacking = HAS_SHARED_IMAGES ? "" : ` (${SHARED_IMAGES_MISSING})`;
describe.skipIf(!HAS_SHARED_IMAGES)(`names that only devices know: display name instead of the file's${lacking}`, () => {
  it.each(["macos-glpi-2", "macos-glpi-3", "macos-glpi-4", "macos-glpi-5", "macos-glpi-7-mountain-lion"])("%s", async (image) => {
    const rows = (sharedImage(image).tables["apps"] ?? []).filter((row) => (row["path"] ?? "") !== "");
    const [host, other] = [await inventory.newHost(), await inventory.newHost()];
    for (const id of [host, other]) await inventory.report(id, "apps", rows.map(byFile), { derivation_version: 1 });
    await db().updateTable("host_software").set({ created_at: "2025-01-01T00:00:00Z" }).execute();
    const before = await links(host);
    await inventory.report(host, "apps", rows.map(byDisplayName));
    const after = await links(host);
    const renamed = before.filter((link) => !after.some((now) => now.id === link.id));
    expect(renamed.length).toBeGreaterThan(0);
    // no uninstall, no install: every link is the same one, or its successor from the same day
    expect(await events(host)).toEqual(["renamed"]);
    expect(new Set(after.map((link) => link.created_at.toISOString()))).toEqual(new Set(["2025-01-01T00:00:00.000Z"]));
    // an agent or a server with the old rules reports again: nothing is renamed back
    const done = await db()
      .selectFrom("host_software_history")
      .select(sql<number>`count(*)`.as("n"))
      .executeTakeFirst();
    await inventory.report(host, "apps", rows.map(byFile), { derivation_version: 1 });
    expect(await links(host)).toEqual(after);
    expect(
      await db()
        .selectFrom("host_software_history")
        .select(sql<number>`count(*)`.as("n"))
        .executeTakeFirst(),
    ).toEqual(done);
    expect(await inventory.wrongCounts()).toEqual([]);
  });

  it("helpers: one of each gone and new fails, the path does not", async () => {
    const row = (name: string, display_name: string) => ({
      name,
      display_name,
      path: `/Applications/Postman.app/Contents/Frameworks/${name}`,
      bundle_identifier: "com.postmanlabs.mac.helper",
      bundle_short_version: "",
    });
    const rows = [row("Postman Helper (GPU).app", "Postman GPU"), row("Postman Helper (Renderer).app", "Postman Renderer")];
    const host = await inventory.newHost();
    await inventory.report(host, "apps", rows.map(byFile));
    const before = await links(host);
    await inventory.report(host, "apps", rows.map(byDisplayName));
    // Fleet's heuristic pairs by identifier and version when one row stands on each side: here two do, so it finds nothing
    expect(oneToOne(rows.map(byFile), rows.map(byDisplayName))).toEqual([]);
    const history = await db().selectFrom("host_software_history").selectAll().where("host_id", "=", host).execute();
    const after = await links(host);
    const successors = history.map((h) => [
      before.find((link) => link.id === h.software_id)?.name,
      h.event,
      after.find((link) => link.id === h.next_software_id)?.name,
    ]);
    expect(successors.toSorted((a, b) => String(a[0]).localeCompare(String(b[0])))).toEqual([
      ["Postman Helper (GPU).app", "renamed", "Postman GPU"],
      ["Postman Helper (Renderer).app", "renamed", "Postman Renderer"],
    ]);
  });
});

/** Fleet's heuristic, as seed 002 describes it. */
function oneToOne(gone: SoftwareEntry[], came: SoftwareEntry[]): [string, string][] {
  const key = (e: SoftwareEntry) => JSON.stringify([e.bundle_identifier, e.version]);
  const [before, after] = [Map.groupBy(gone, key), Map.groupBy(came, key)];
  return [...before].flatMap(([k, rows]) => {
    const [now = [], one] = [after.get(k), rows[0]];
    return rows.length === 1 && now.length === 1 && one !== undefined && now[0] !== undefined
      ? [[one.name, now[0].name] as [string, string]]
      : [];
  });
}
