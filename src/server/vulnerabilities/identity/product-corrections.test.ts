import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ProductCorrectionRequest } from "#protocol/rest/product-identities.ts";
import { currentCatalogue } from "#server/vulnerabilities/matching/current-catalogue.ts";
import { entryOf } from "#test/support/inventory.ts";
import { type MatchingInventory, openMatching } from "#test/support/matching.ts";
import { type Scratch, scratchDirectory } from "#test/support/scratch.ts";
import { rangeOf } from "#test/support/vulnerability-ranges.ts";
import { pageOf } from "../../http/paging.ts";
import { createProductCorrection } from "./create-product-correction.ts";
import { listProductCorrections, readProductCatalogue } from "./list-product-corrections.ts";
import { listUnidentified } from "./list-unidentified.ts";
import { loadProductCatalogue } from "./load-catalogue.ts";
import { previewProductCorrection } from "./preview-product-correction.ts";
import { undoProductCorrection } from "./undo-product-correction.ts";
import { UNIDENTIFIED_ORDER_KEYS } from "./unidentified-store.ts";

let fleet: MatchingInventory;
let scratch: Scratch;
let directory: string;
const db = () => fleet.database.db;
const deps = () => ({ db: db(), now: () => new Date("2026-11-01T12:00:00Z"), directory });
const admin = { user_id: 1, name: "Ada", email: "ada@example.org", api_only: false };
const byHosts = pageOf({}, { orderKeys: UNIDENTIFIED_ORDER_KEYS, defaultKey: "hosts_count", defaultDirection: "desc" });
const newest = pageOf({}, { orderKeys: ["id"], defaultKey: "id", defaultDirection: "desc" });

beforeEach(async () => {
  fleet = await openMatching();
  scratch = await scratchDirectory("identity-");
  ({ directory } = scratch);
  fleet.matching.catalogue = currentCatalogue({ db: db(), dataDir: directory });
});
afterEach(async () => {
  await fleet.database.close();
  await scratch.remove();
});

/** A Windows host with a program nobody knows, in two versions, and one that the catalogue knows. */
async function windowsHost(): Promise<number> {
  const host = await fleet.host({ platform: "windows", os_name: "Windows 11", os_version: "10.0.22631.1", arch: "x86_64" });
  await fleet.report(host, "programs", [
    entryOf("programs", { name: "Rocket Studio 2.1 (64-bit)", version: "2.1", vendor: "Acme Widgets" }),
    entryOf("programs", { name: "Rocket Studio 3.0 (64-bit)", version: "3.0", vendor: "Acme Widgets" }),
    entryOf("programs", { name: "Docker Desktop", version: "4.9.1", vendor: "Docker Inc." }),
  ]);
  return host;
}

async function feeds(): Promise<void> {
  const range = (vulnerability: string, fixed: string) =>
    rangeOf({ vulnerability, fixed, name_kind: "cpe", scheme: "generic", provider: "nvd" });
  await fleet.feed("CVE-2026-1", { "cpe acme:rocket_studio": [range("CVE-2026-1", "2.5")] });
  await fleet.feed("CVE-2026-2", { "cpe docker:docker_desktop": [range("CVE-2026-2", "4.20.0")] });
}

const titleId = async (name: string): Promise<number> =>
  (await db().selectFrom("software").where("name", "like", `${name}%`).select("title_id").executeTakeFirstOrThrow()).title_id;
const is = (fields: Partial<ProductCorrectionRequest>): ProductCorrectionRequest => ({
  kind: "is",
  products: ["acme:rocket_studio"],
  reason: "It is theirs",
  ...fields,
});
const DOCKER = "programs Docker Desktop 4.9.1 (windows): CVE-2026-2 affected 4.20.0";
const ROCKET = "programs Rocket Studio 2.1 (64-bit) 2.1 (windows): CVE-2026-1 affected 2.5";

describe("unidentified software", () => {
  test("is listed by title with products of like names, and nothing is matched by likeness", async () => {
    await feeds();
    await windowsHost();
    await fleet.settle();
    expect(await fleet.findings()).toEqual([DOCKER]);
    const { count, unidentified } = await listUnidentified(deps(), undefined, byHosts);
    expect(count).toBe(unidentified.length);
    expect(unidentified.flatMap(({ suggestions }) => suggestions.map(({ product }) => product))).toContain("acme:rocket_studio");
    expect(unidentified.every(({ why }) => why !== "")).toBe(true);
    expect((await listUnidentified(deps(), "docker", byHosts)).count).toBe(0);
  });
});

describe("a correction", () => {
  beforeEach(async () => {
    await feeds();
    await windowsHost();
    await fleet.settle();
  });

  test("by name tells before what comes, changes it within one round, and is taken back", async () => {
    const request = is({ name_pattern: "rocket studio*" });
    expect(await previewProductCorrection(deps(), request)).toMatchObject({
      software_count: 2,
      hosts_count: 1,
      opened: [{ cve: "CVE-2026-1", software_count: 1 }],
      closed: [],
      unknown_products: [],
      complete: true,
    });
    expect(await fleet.findings()).toEqual([DOCKER]);
    const made = await createProductCorrection(deps(), request, admin);
    expect(made).toMatchObject({ kind: "is", software_count: 2, hosts_count: 1, author_full_name: "Ada", undone_at: null });
    await fleet.settle();
    expect(await fleet.findings()).toEqual([DOCKER, ROCKET]);
    expect((await listUnidentified(deps(), "rocket", byHosts)).count).toBe(0);
    await undoProductCorrection(deps(), made.id, admin);
    await fleet.settle();
    expect(await fleet.findings()).toEqual([DOCKER]);
    await expect(undoProductCorrection(deps(), made.id, admin)).rejects.toMatchObject({ status: 409 });
    const { corrections } = await listProductCorrections(deps(), "rocket", newest);
    expect(corrections).toMatchObject([{ id: made.id, undone_by: "Ada" }]);
    const trail = await db().selectFrom("activities").select("type").orderBy("id").execute();
    expect(trail.map(({ type }) => type)).toEqual(
      expect.arrayContaining(["created_product_correction", "undid_product_correction"]),
    );
  });

  test("that software is not a product takes its findings away, on that title only", async () => {
    const request = is({
      kind: "is_not",
      products: ["docker:docker_desktop", "docker:desktop"],
      software_title_id: await titleId("Docker"),
    });
    expect(await previewProductCorrection(deps(), request)).toMatchObject({
      closed: [{ cve: "CVE-2026-2", software_count: 1 }],
      opened: [],
    });
    await createProductCorrection(deps(), request, admin);
    await fleet.settle();
    expect(await fleet.findings()).toEqual([]);
  });

  test("holds for software that comes later", async () => {
    await createProductCorrection(deps(), is({ name_pattern: "rocket studio*", source: "programs" }), admin);
    const host = await fleet.host({ platform: "windows", os_name: "Windows 11", os_version: "10.0.22631.1", arch: "x86_64" });
    await fleet.report(host, "programs", [
      entryOf("programs", { name: "Rocket Studio 1.0", version: "1.0", vendor: "Acme Widgets" }),
    ]);
    await fleet.settle();
    expect(await fleet.findings()).toContain("programs Rocket Studio 1.0 1.0 (windows): CVE-2026-1 affected 2.5");
  });

  test.each<[string, Partial<ProductCorrectionRequest>, number]>([
    ["says which software twice", { software_title_id: 1, name_pattern: "rocket*" }, 422],
    ["says of no software", {}, 422],
    ["speaks of nothing that is there", { name_pattern: "nothing like it" }, 422],
    ["names a version that does not exist", { software_version_id: 999_999 }, 404],
    ["names no product", { products: [], name_pattern: "rocket*" }, 422],
    ["gives a source without a pattern", { software_title_id: 1, source: "programs" }, 422],
  ])("that %s is refused", async (_what, fields, status) => {
    await expect(createProductCorrection(deps(), is(fields), admin)).rejects.toMatchObject({ status });
  });
});

describe("the catalogue", () => {
  test("is the same while nothing changed, and takes local files in without a new start", async () => {
    const first = await loadProductCatalogue(deps());
    expect(await loadProductCatalogue(deps())).toBe(first);
    await mkdir(join(directory, "identity"));
    const product = { id: "rocket-studio", cpe: ["acme:rocket_studio"], vendors: ["acme*"], names: ["rocket studio"] };
    await writeFile(join(directory, "identity", "ours.json"), JSON.stringify({ version: 1, products: [product] }));
    expect((await loadProductCatalogue(deps())).entries.length).toBe(first.entries.length + 1);
    await feeds();
    await windowsHost();
    await fleet.settle();
    expect(await fleet.findings()).toEqual([DOCKER, ROCKET]);
  });

  test.each([
    ["no JSON", "{", /not JSON/],
    ["a wrong field", JSON.stringify({ version: 1, products: [{ id: "x", cpe: ["A:b"], names: ["x"] }] }), /entry "x"/],
    [
      "two meanings",
      JSON.stringify({ version: 1, products: [{ id: "x", cpe: ["a:b"], skip: "no", names: ["x"] }] }),
      /must have either/,
    ],
    ["nothing to be known by", JSON.stringify({ version: 1, products: [{ id: "x", cpe: ["a:b"] }] }), /nothing to be known by/],
    [
      "a pattern for everything",
      JSON.stringify({ version: 1, products: [{ id: "x", cpe: ["a:b"], names: ["*"] }] }),
      /nearly everything/,
    ],
  ])("leaves a local file with %s out, and says so", async (_what, content, error) => {
    await mkdir(join(directory, "identity"));
    await writeFile(join(directory, "identity", "bad.json"), content);
    const { local_files, entries_count } = await readProductCatalogue(deps());
    expect(local_files).toEqual([{ file: "bad.json", products: 0, error: expect.stringMatching(error) as string }]);
    expect(entries_count).toBeGreaterThan(500);
  });
});
