import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commonName } from "#domain/software/common-name.ts";
import type { TitleCorrectionRequest } from "#protocol/rest/title-corrections.ts";
import { entryOf, openInventory, type Inventory } from "#test/support/inventory.ts";
import { readTitle } from "../list-titles.ts";
import { correctTitles } from "./correct-titles.ts";
import { listCorrections } from "./list-corrections.ts";
import { previewCorrection } from "./preview-correction.ts";
import { undoCorrection } from "./undo-correction.ts";

let inventory: Inventory;
beforeAll(async () => {
  inventory = await openInventory();
});
afterAll(() => inventory.database.close());

const program = (name: string, version: string, vendor = "") => entryOf("programs", { name, version, vendor });
const admin = { user_id: 1, name: "Ada", email: "ada@example.org", api_only: false };
const db = () => inventory.database.db;
const correct = (request: TitleCorrectionRequest) => correctTitles({ db: db() }, request, admin);
const preview = (request: TitleCorrectionRequest) => previewCorrection({ db: db() }, request);
const undo = (id: number) => undoCorrection({ db: db() }, id, admin);

/** The title that holds software of this name and version. */
async function titleOfSoftware(name: string, version: string) {
  return db()
    .selectFrom("software as s")
    .innerJoin("software_titles as t", "t.id", "s.title_id")
    .select(["t.id", "t.name"])
    .where("s.name", "=", name)
    .where("s.version", "=", version)
    .executeTakeFirstOrThrow();
}

async function hostWith(...entries: Parameters<Inventory["report"]>[2]): Promise<number> {
  const host = await inventory.newHost();
  const source = entries[0]?.source ?? "programs";
  await inventory.report(host, source, entries);
  return host;
}

async function titleCounts(id: number) {
  const { software_title } = await readTitle({ db: db(), now: () => new Date() }, id);
  return { name: software_title.name, hosts: software_title.hosts_count, versions: software_title.versions_count };
}

describe("merge", () => {
  it("moves versions, counts, history and what comes later; undo moves all of it back", async () => {
    await hostWith(program("Zoom Workplace", "6.1"));
    const both = await hostWith(program("Zoom Workplace", "6.1"), program("Zoom", "5.0"));
    const former = await hostWith(program("Zoom", "5.0"));
    await inventory.report(former, "programs", []);
    const [old, kept] = [await titleOfSoftware("Zoom", "5.0"), await titleOfSoftware("Zoom Workplace", "6.1")];
    const request: TitleCorrectionRequest = { type: "merge", title_ids: [old.id], into_title_id: kept.id };
    const seen = await preview(request);
    expect(seen).toMatchObject({ versions_count: 1, hosts_count: 1 });
    expect(seen.after).toEqual([{ id: kept.id, name: "Zoom Workplace", source: "programs", hosts_count: 2, versions_count: 2 }]);

    const correction = await correct(request);
    expect(correction).toMatchObject({ type: "merge", hosts_count: 1, versions_count: 1, actor_full_name: "Ada" });
    expect(await titleCounts(kept.id)).toEqual({ name: "Zoom Workplace", hosts: 2, versions: 2 });
    // the old address leads to the title that took over
    expect(await titleCounts(old.id)).toEqual(await titleCounts(kept.id));
    await inventory.report(both, "programs", [program("Zoom", "5.1")]);
    expect((await titleOfSoftware("Zoom", "5.1")).id).toBe(kept.id);
    const history = await db().selectFrom("host_software_history").select("title_id").where("host_id", "=", former).execute();
    expect(new Set(history.map((row) => row.title_id))).toEqual(new Set([kept.id]));
    expect(await inventory.wrongCounts()).toEqual([]);

    await undo(correction.id);
    expect((await titleOfSoftware("Zoom", "5.1")).id).toBe(old.id);
    expect(await titleCounts(old.id)).toEqual({ name: "Zoom", hosts: 1, versions: 1 });
    expect(await inventory.wrongCounts()).toEqual([]);
    await expect(undo(correction.id)).rejects.toMatchObject({ status: 409 });
  });

  it("refuses titles of other sources, itself, unknown and merged ones", async () => {
    await hostWith(program("A", "1"));
    await hostWith(program("B", "1"));
    await hostWith(entryOf("deb_packages", { name: "b", version: "1" }));
    const [a, b, deb] = [await titleOfSoftware("A", "1"), await titleOfSoftware("B", "1"), await titleOfSoftware("b", "1")];
    const merge = (ids: number[], into: number) => preview({ type: "merge", title_ids: ids, into_title_id: into });
    await expect(merge([deb.id], a.id)).rejects.toMatchObject({ status: 422 });
    await expect(merge([a.id], a.id)).rejects.toMatchObject({ status: 422 });
    await expect(merge([2 ** 40], a.id)).rejects.toMatchObject({ status: 404 });
    await correct({ type: "merge", title_ids: [b.id], into_title_id: a.id });
    await expect(merge([b.id], a.id)).rejects.toMatchObject({ status: 422 });
  });
});

describe("split", () => {
  it("takes out what meets the conditions, now and later, and undo joins it again", async () => {
    await hostWith(program("Player", "1.0", "Acme"), program("Player", "1.0", "Other"));
    const title = await titleOfSoftware("Player", "1.0");
    const request: TitleCorrectionRequest = { type: "split", title_id: title.id, name: "Player (Other)", vendor: "Other" };
    const seen = await preview(request);
    expect(seen.after).toHaveLength(2);
    expect(seen.after).toContainEqual({
      id: null,
      name: "Player (Other)",
      source: "programs",
      hosts_count: 1,
      versions_count: 1,
    });
    const correction = await correct(request);
    await hostWith(program("Player", "2.0", "Other"));
    expect((await titleOfSoftware("Player", "2.0")).id).toBe(correction.into?.id);
    expect(await titleCounts(title.id)).toMatchObject({ versions: 1 });
    expect(await inventory.wrongCounts()).toEqual([]);
    await undo(correction.id);
    expect((await titleOfSoftware("Player", "2.0")).id).toBe(title.id);
    expect(await titleCounts(title.id)).toMatchObject({ hosts: 2, versions: 3 });
    expect(await inventory.wrongCounts()).toEqual([]);
  });

  it("refuses a split that takes nothing, or everything, or asks nothing", async () => {
    await hostWith(program("Solo", "1"));
    const { id } = await titleOfSoftware("Solo", "1");
    const split = (conditions: object) => correct({ type: "split", title_id: id, name: "New", ...conditions });
    await expect(split({ vendor: "nobody" })).rejects.toMatchObject({ status: 422 });
    await expect(split({ name_starts_with: "So" })).rejects.toMatchObject({ status: 422 });
    await expect(split({})).rejects.toMatchObject({ status: 422 });
    expect(await db().selectFrom("software_titles").select("id").where("name", "=", "New").execute()).toEqual([]);
  });
});

describe("rename", () => {
  it("stands against names that arrive, and undo follows them again", async () => {
    const helper = (name: string) => entryOf("apps", { name, bundle_identifier: "com.slack.helper" });
    const host = await hostWith(helper("Slack Helper (GPU)"));
    const title = await titleOfSoftware("Slack Helper (GPU)", "");
    const correction = await correct({ type: "rename", title_id: title.id, name: "Slack's helpers" });
    await inventory.report(host, "apps", [helper("Slack Helper (GPU)"), helper("Slack Helper (Plugin)")]);
    expect((await titleCounts(title.id)).name).toBe("Slack's helpers");
    await undo(correction.id);
    expect((await titleCounts(title.id)).name).toBe("Slack Helper");
  });
});

it("corrections of the same titles are undone in reverse order", async () => {
  await hostWith(program("One", "1"));
  await hostWith(program("Two", "1"));
  const [one, two] = [await titleOfSoftware("One", "1"), await titleOfSoftware("Two", "1")];
  const merge = await correct({ type: "merge", title_ids: [one.id], into_title_id: two.id });
  const rename = await correct({ type: "rename", title_id: two.id, name: "Three" });
  await expect(undo(merge.id)).rejects.toMatchObject({ status: 409 });
  const page = { limit: 10, offset: 0, orderKey: "id", direction: "desc", after: null } as const;
  const { corrections } = await listCorrections({ db: db() }, two.id, page);
  expect(corrections.map((c) => [c.id, c.blocked_by])).toEqual([
    [rename.id, null],
    [merge.id, rename.id],
  ]);
  await undo(rename.id);
  await undo(merge.id);
  expect(await titleCounts(two.id)).toEqual({ name: "Two", hosts: 1, versions: 1 });
  expect(await inventory.wrongCounts()).toEqual([]);
});

it("the name of a title is the same whatever came first", async () => {
  const names = ["Poe Helper (Renderer)", "Poe Helper", "Poe Helper (GPU)"];
  const orders = [
    [0, 1, 2],
    [2, 0, 1],
    [1, 2, 0],
  ];
  for (const [i, order] of orders.entries()) {
    const app = (name: string) => entryOf("apps", { name, bundle_identifier: `com.poe.${i}` });
    const host = await inventory.newHost();
    for (const at of order.keys())
      await inventory.report(
        host,
        "apps",
        order.slice(0, at + 1).map((n) => app(names[n] ?? "")),
      );
  }
  const titles = await db()
    .selectFrom("software_titles")
    .select("name")
    .where("bundle_identifier", "like", "com.poe.%")
    .execute();
  expect(titles.map((t) => t.name)).toEqual(orders.map(() => commonName(names)));
});

it("races with check-ins leave every count exact and all software where the rules put it", async () => {
  const versions = [0, 1, 2, 3].flatMap((v) => [program("Left", `${v}.0`), program("Right", `${v}.0`)]);
  const hosts = await Promise.all(Array.from({ length: 6 }, () => hostWith(...versions.slice(0, 2))));
  const [left, right] = [await titleOfSoftware("Left", "0.0"), await titleOfSoftware("Right", "0.0")];
  let stop = false;
  const checkIns = hosts.map(async (host, h) => {
    for (let i = 0; !stop; i++)
      await inventory.report(
        host,
        "programs",
        versions.filter((_v, at) => (at * 7 + h + i) % 3 !== 0),
      );
    await inventory.report(host, "programs", versions);
  });
  for (let i = 0; i < 5; i++) {
    const { id } = await correct({ type: "merge", title_ids: [left.id], into_title_id: right.id });
    await setTimeout(200); // an administrator is no faster; check-ins start over a bounded number of times
    if (i < 4) await undo(id);
    await setTimeout(200);
  }
  stop = true;
  await Promise.all(checkIns);
  const placed = await db().selectFrom("software").select("title_id").where("name", "in", ["Left", "Right"]).execute();
  expect(placed).toHaveLength(8);
  expect(new Set(placed.map((row) => row.title_id))).toEqual(new Set([right.id]));
  expect(await titleCounts(right.id)).toMatchObject({ hosts: 6, versions: 8 });
  expect(await inventory.wrongCounts()).toEqual([]);
});
