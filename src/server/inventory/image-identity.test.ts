import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  HAS_SHARED_IMAGES,
  sharedImage,
  sharedImageNames,
  type Image,
  type TableRow,
} from "#test/support/simulated-osquery/images.ts";
import { entryOf, openInventory, type Inventory } from "#test/support/inventory.ts";
import { softwareReports } from "../agents/osquery/translate/software.ts";
import { ingestReport } from "./ingest-report.ts";

/** The fields of identity in the order of seed 002, as the columns of the table. */
const FIELDS = [
  "name",
  "version",
  "source",
  "bundle_identifier",
  "release",
  "vendor",
  "arch",
  "extension_id",
  "extension_for",
  "application_id",
  "upgrade_code",
] as const;
type Identity = Partial<Record<(typeof FIELDS)[number], string>>;

/** What each table's row is by the rules of seed 002 and osquery-remote.md §10, written down apart from the code under test. */
const IDENTITIES: Record<string, (row: TableRow) => Identity> = {
  apps: (r) => ({
    name:
      r["display_name"] ||
      r["bundle_name"] ||
      (r["bundle_executable"] === "run.sh" ? "" : r["bundle_executable"]) ||
      (r["name"] ?? "").replace(/\.app$/, ""),
    version: r["bundle_short_version"] || r["bundle_version"] || "",
    bundle_identifier: r["bundle_identifier"] ?? "",
  }),
  deb_packages: (r) => ({ name: r["name"] ?? "", version: r["version"] ?? "" }),
  rpm_packages: (r) => ({
    name: r["name"] ?? "",
    version: r["version"] ?? "",
    release: none(r["release"]),
    vendor: none(r["vendor"]),
    arch: none(r["arch"]),
  }),
  programs: (r) => ({
    name: r["name"] ?? "",
    version: r["version"] ?? "",
    vendor: r["publisher"] ?? "",
    upgrade_code: r["upgrade_code"] ?? "",
  }),
  homebrew_packages: (r) => ({ name: r["name"] ?? "", version: r["version"] ?? "" }),
  npm_packages: (r) => ({ name: r["name"] ?? "", version: r["version"] ?? "" }),
  chrome_extensions: (r) => ({
    name: r["name"] ?? "",
    version: r["version"] ?? "",
    extension_id: r["identifier"] ?? "",
    extension_for: r["browser_type"] ?? "",
  }),
  firefox_addons: (r) => ({
    name: r["name"] ?? "",
    version: r["version"] ?? "",
    extension_id: r["identifier"] ?? "",
    extension_for: "firefox",
  }),
  vscode_extensions: (r) => ({
    name: r["name"] ?? "",
    version: r["version"] ?? "",
    extension_id: r["uuid"] ?? "",
    extension_for: r["vscode_edition"] ?? "",
    vendor: r["publisher"] ?? "",
  }),
};

function none(value: string | undefined): string {
  return value === undefined || value === "(none)" ? "" : value;
}

/** Rows without a visible name are left out; values are cut to Fleet's lengths. */
function expectedOf(image: Image): string[] {
  const tuples = new Set<string>();
  for (const [source, identity] of Object.entries(IDENTITIES))
    for (const row of image.tables[source] ?? []) {
      const fields: Identity = { ...identity(row), source };
      if ((fields.name ?? "").trim() !== "") tuples.add(tuple(fields));
    }
  return [...tuples].toSorted();
}

function tuple(row: Identity): string {
  return JSON.stringify(FIELDS.map((field) => row[field] ?? ""));
}

function resultsOf(image: Image) {
  return new Map(
    Object.keys(IDENTITIES)
      .filter((table) => image.tables[table] !== undefined)
      .map((table) => [`muster_software_${table}`, { ok: true as const, rows: image.tables[table] ?? [] }]),
  );
}

let inventory: Inventory;
beforeAll(async () => {
  inventory = await openInventory();
});
afterAll(() => inventory.database.close());

async function stored(hostId?: number): Promise<string[]> {
  let query = inventory.database.db.selectFrom("software as s").select(FIELDS.map((f) => `s.${f}` as const));
  if (hostId !== undefined)
    query = query.where("s.id", "in", (eb) => eb.selectFrom("host_software").select("software_id").where("host_id", "=", hostId));
  return (await query.execute()).map((row) => tuple(row)).toSorted();
}

describe.skipIf(!HAS_SHARED_IMAGES)("every image of a device is held with exactly the identities of its rows", () => {
  const everything = new Set<string>();

  it.each(sharedImageNames())("%s", async (name) => {
    const image = sharedImage(name);
    const expected = expectedOf(image);
    for (const one of expected) everything.add(one);
    const host = await inventory.newHost();
    await ingestReport(inventory.deps, host, softwareReports(resultsOf(image), image.host.platform));
    expect(await stored(host)).toEqual(expected);
  });

  it("the whole catalogue has one row for each identity and none besides, by the database's own comparison too", async () => {
    expect(await stored()).toEqual([...everything].toSorted());
    const { rows } = await sql<{ rows: number; distinct: number }>`
      SELECT count(*) AS rows, count(DISTINCT (${sql.join(FIELDS.map((f) => sql.ref(f)))})) AS distinct FROM software`.execute(
      inventory.database.db,
    );
    expect(rows[0]).toEqual({ rows: everything.size, distinct: everything.size });
    expect(await inventory.wrongCounts()).toEqual([]);
  });
});

describe("what differs stays apart, what is equal is one", () => {
  const UPGRADE = "{01234567-89AB-CDEF-0123-456789ABCDEF}";
  it.each([
    ["composed and decomposed characters", "apps", [{ name: "Caf\u00e9" }, { name: "Cafe\u0301" }]],
    ["letter case", "programs", [{ name: "Foo" }, { name: "foo" }, { name: "FOO" }]],
    [
      "white space at the end, no-break and zero width",
      "apps",
      [{ name: "A" }, { name: "A " }, { name: "A\u00a0" }, { name: "A\u200b" }],
    ],
    ["emoji and their variation selectors", "apps", [{ name: "☕" }, { name: "☕\ufe0f" }, { name: "👩‍💻" }, { name: "👩💻" }]],
    ["right-to-left text and marks", "apps", [{ name: "برنامج" }, { name: "\u200fبرنامج" }, { name: "ברנ" }]],
    ["accents that collations ignore", "apps", [{ name: "resume" }, { name: "résumé" }, { name: "ﬁle" }, { name: "file" }]],
    [
      "helpers of one bundle identifier without a version",
      "apps",
      [
        { name: "Postman Helper (GPU)", bundle_identifier: "com.postmanlabs.mac.helper" },
        { name: "Postman Helper (Renderer)", bundle_identifier: "com.postmanlabs.mac.helper" },
      ],
    ],
    ["MSI programs by upgrade code", "programs", [{ name: "Foo" }, { name: "Foo", upgrade_code: UPGRADE }]],
    [
      "the same words in other fields",
      "apps",
      [{ name: "a", version: "b" }, { name: "a", bundle_identifier: "b" }, { name: "ab" }],
    ],
  ] as const)("%s", async (_what, source, identities) => {
    const host = await inventory.newHost();
    await inventory.report(
      host,
      source,
      identities.map((fields) => entryOf(source, fields)),
    );
    expect(await stored(host)).toEqual(identities.map((fields) => tuple({ source, ...fields })).toSorted());
  });

  it("an application at two paths, and a program of two users, are one software with two paths", async () => {
    const host = await inventory.newHost();
    const paths = ["/Applications/Xcode.app", "/Users/ada/Xcode.app"];
    await inventory.report(
      host,
      "apps",
      paths.map((path) => entryOf("apps", { name: "Xcode", version: "15", installed_paths: [path] })),
    );
    const users = ["C:\\Users\\ada\\OneDrive", "C:\\Users\\eve\\OneDrive"];
    await inventory.report(
      host,
      "programs",
      users.map((path) => entryOf("programs", { name: "OneDrive", version: "24", installed_paths: [path] })),
    );
    const links = await inventory.database.db
      .selectFrom("host_software")
      .select("installed_paths")
      .where("host_id", "=", host)
      .execute();
    expect(links.map((link) => link.installed_paths)).toEqual(expect.arrayContaining([paths, users]));
    expect(links).toHaveLength(2);
  });
});
