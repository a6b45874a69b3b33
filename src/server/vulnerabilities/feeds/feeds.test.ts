import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { api } from "#client/api.ts";
import { IMPORT_BYTES_MAX } from "#protocol/rest/vulnerability-feeds.ts";
import { runCommand } from "#test/support/cli-io.ts";
import { testServer, type TestServer } from "#test/support/server.ts";
import { makeZip } from "#test/support/zip.ts";
import { FEEDS } from "./registry.ts";

const ADVISORY = {
  schema_version: "1.7.0",
  id: "GHSA-xxxx-yyyy-zzzz",
  modified: "2026-01-02T00:00:00Z",
  aliases: ["CVE-2026-4242"],
  summary: "left-pad pads too much",
  affected: [
    {
      package: { ecosystem: "npm", name: "left-pad" },
      ranges: [{ type: "SEMVER", events: [{ introduced: "0" }, { fixed: "1.3.1" }] }],
    },
  ],
};

let directory: string;
let server: TestServer;
let other: TestServer;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "muster-feeds-test-"));
  const config = (name: string) => ({ config: { dataDir: join(directory, name), logLevel: "silent" as const }, jobs: true });
  [server, other] = await Promise.all([testServer(config("one")), testServer(config("two"))]);
  const mirror = join(directory, "mirror", "npm");
  await mkdir(mirror, { recursive: true });
  await writeFile(join(mirror, "all.zip"), makeZip([{ name: "GHSA-xxxx-yyyy-zzzz.json", bytes: JSON.stringify(ADVISORY) }]));
  await writeFile(join(directory, "mirror", "unrelated.txt"), "nothing");
});
afterAll(async () => {
  await Promise.all([server.stop(), other.stop()]);
  await rm(directory, { recursive: true, force: true });
});

async function muster(to: TestServer, ...words: string[]) {
  const env = { HOME: directory, MUSTER_SERVER: to.url, MUSTER_TOKEN: to.token };
  return await runCommand(words, { fetch, env });
}

async function ranges(of: TestServer): Promise<unknown[]> {
  const { rows } = await sql`
    SELECT r.name, r.vulnerabilities, a.ecosystem, a.package, a.ranges -> 0 ->> 'fixed' AS fixed, r.facts ->> 'title' AS title
    FROM feed_records r JOIN affected_packages a ON a.record_id = r.id`.execute(of.db);
  return rows;
}

test("a directory is imported, bundled, and the bundle is the same to another server; changed bundles are refused", async () => {
  const imported = await muster(server, "feeds", "import", join(directory, "mirror"));
  expect(imported).toMatchObject({ code: 0 });
  expect(imported.stderr).toContain("Loaded 1 part, 1 record.");
  const loaded = await ranges(server);
  expect(loaded).toMatchObject([{ vulnerabilities: ["CVE-2026-4242"], ecosystem: "npm", package: "left-pad", fixed: "1.3.1" }]);

  const bundle = join(directory, "bundle.tar");
  expect(await muster(server, "feeds", "bundle", bundle)).toMatchObject({ code: 0 });
  expect(await muster(other, "feeds", "import", bundle)).toMatchObject({ code: 0 });
  expect(await ranges(other)).toEqual(loaded);

  const bytes = await readFile(bundle);
  const at = bytes.indexOf(Buffer.from([0x28, 0xb5, 0x2f, 0xfd])) + 20;
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  await writeFile(bundle, bytes);
  const refused = await muster(other, "feeds", "import", bundle);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(
    /parts\/1\.jsonl\.zst does not have the checksum of the bundle's manifest\. Nothing of it was loaded/,
  );
  expect(await ranges(other)).toEqual(loaded);
  const trail = await other.client.call(api.listActivities, { query: {} });
  expect(trail.activities.filter((activity) => activity.type === "imported_vulnerability_feeds")).toHaveLength(2);
});

test("the guide names every feed with its licence", async () => {
  const guide = await readFile(join(import.meta.dirname, "../../../../docs/guide/feeds.md"), "utf8");
  const rows = guide.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  const missing = FEEDS.filter((feed) => !rows.some((row) => row[1] === `\`${feed.name}\`` && row[4] === feed.licence));
  expect(missing.map((feed) => feed.name)).toEqual([]);
});

test("what is no feed is refused with the reason, and leaves nothing behind", async () => {
  const file = join(directory, "holiday.txt");
  await writeFile(file, "sun");
  const refused = await muster(server, "feeds", "import", file);
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.stderr).toMatch(/holiday\.txt is no archive|not a whole archive/);
  const { rows } = await sql`SELECT FROM feed_import_chunks`.execute(server.db);
  expect(rows).toEqual([]);
  expect(await muster(server, "feeds", "import", join(directory, "absent"))).toMatchObject({ code: 2 });
});

test("pieces of an import must have their size, number and whole", async () => {
  const body = { file_name: "a.tar", bytes: 10, sha256: "0".repeat(64) };
  const { import: created } = await server.client.call(api.createFeedImport, { body });
  const params = { id: created.id, number: 0 };
  const put = (content: string) => server.client.call(api.putFeedImportChunk, { params, body: { content } });
  await expect(put(Buffer.from("short").toString("base64"))).rejects.toMatchObject({ status: 422 });
  const load = () => server.client.call(api.loadFeedImport, { params: { id: created.id } });
  await expect(load()).rejects.toMatchObject({ status: 409 });
  await put(Buffer.from("0123456789").toString("base64"));
  await load();
  await expect(put(Buffer.from("0123456789").toString("base64"))).rejects.toMatchObject({ status: 409 });
  await expect(server.client.call(api.getFeedImport, { params: { id: 4_000_000 } })).rejects.toMatchObject({ status: 404 });
});

test("uploads that are not finished are bounded in number and size, and given up when no piece comes", async () => {
  const file = (name: string, bytes: number) => ({ file_name: name, bytes, sha256: "0".repeat(64) });
  const begin = (body: ReturnType<typeof file>) => other.client.call(api.createFeedImport, { body });
  await begin(file("a.tar", IMPORT_BYTES_MAX));
  await begin(file("b.tar", 10));
  await expect(begin(file("c.tar", IMPORT_BYTES_MAX))).rejects.toMatchObject({ status: 409 });
  await begin(file("d.tar", 10));
  await begin(file("e.tar", 10));
  await expect(begin(file("f.tar", 10))).rejects.toThrow(/4 imports .* are not finished.*removed by itself/);
  await sql`UPDATE feed_imports SET touched_at = now() - interval '61 minutes' WHERE file_name = 'a.tar'`.execute(other.db);
  await begin(file("f.tar", 10));
  const { imports } = await other.client.call(api.listFeedImports);
  expect(imports.filter(({ state }) => state === "uploading").map(({ file_name }) => file_name)).toEqual([
    "f.tar",
    "e.tar",
    "d.tar",
    "b.tar",
  ]);
});

test("the list of feeds says what each is for and how its parts are; unknown and unneeded ones cannot be updated", async () => {
  const { feeds, source } = await server.client.call(api.listVulnerabilityFeeds);
  expect(source).toBe("imports");
  for (const feed of feeds)
    expect([feed.title, feed.publisher, feed.licence, feed.purpose].every((text) => text.length > 2)).toBe(true);
  const npm = feeds.find((feed) => feed.name === "osv")?.parts.find((part) => part.part === "npm");
  expect(npm).toMatchObject({ state: "ok", origin: "import", records_count: 1, wanted: false, error: null, failures: 0 });
  const printed = await muster(server, "feeds", "list");
  expect(printed.stdout).toMatch(/osv\s+npm\s+ok, not needed\s+1/);
  expect((await muster(server, "feeds", "sync", "nothing")).code).toBe(4);
  const refused = await muster(server, "feeds", "sync", "osv");
  expect(refused.stderr).toContain("MUSTER_FEEDS is off on this server");
});
