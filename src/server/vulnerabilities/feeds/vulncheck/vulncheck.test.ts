import { createHash } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CORPUS, CORPUS_HERE, corpusFile, CORPUS_MISSING, feedMirror } from "#test/support/feed-mirror.ts";
import type { FeedMirror } from "#test/support/feed-mirror.ts";
import { syncOnce } from "#test/support/feed-engine.ts";
import { makeZip } from "#test/support/zip.ts";
import { fileInput } from "../formats/file-input.ts";
import { parseNvdPlus, VULNCHECK_FEED, VULNCHECK_KEV_FEED } from "./vulncheck-feeds.ts";

const API = "https://api.vulncheck.com/v3/backup";
const SIGNED = "https://backups.example.com/vulncheck-kev-1.zip";
const TOKEN = { MUSTER_VULNCHECK_TOKEN: "secret" };

let mirror: FeedMirror;
beforeAll(async () => {
  mirror = await feedMirror();
});
afterAll(() => mirror.close());

function serve(index: string, zip: Buffer, sha256 = createHash("sha256").update(zip).digest("hex")): void {
  mirror.serve(`${API}/${index}`, JSON.stringify({ data: [{ filename: "x.zip", sha256, url: SIGNED }] }));
  mirror.serve(SIGNED, zip);
}

test("without a token nothing is asked", async () => {
  expect((await syncOnce(VULNCHECK_FEED, "all", mirror)).mode).toBe("unchanged");
  expect(mirror.requests).toEqual([]);
});

test("an entry about several CVEs is a record of each; the backup is fetched when its digest is another", async () => {
  const entries = [
    { cve: ["CVE-2024-0001", "CVE-2024-0002"], date_added: "2024-05-01T00:00:00Z", knownRansomwareCampaignUse: "Known" },
    { cve: [] },
  ];
  serve("vulncheck-kev", makeZip([{ name: "vulncheck_known_exploited_vulnerabilities.json", bytes: JSON.stringify(entries) }]));
  const first = await syncOnce(VULNCHECK_KEV_FEED, "all", mirror, { env: TOKEN });
  expect(first.items).toMatchObject([
    { name: "CVE-2024-0001", facts: { exploit: true, kev: { date_added: "2024-05-01", ransomware: true, source: "VulnCheck" } } },
    { name: "CVE-2024-0002" },
    { bad: "an entry without a CVE" },
  ]);
  expect(mirror.requests[0]?.headers.authorization).toBe("Bearer secret");
  // the token is for the API, not for whoever keeps the backups
  expect(mirror.requests[1]?.headers.authorization).toBeUndefined();
  expect((await syncOnce(VULNCHECK_KEV_FEED, "all", mirror, { env: TOKEN, memory: first.memory })).mode).toBe("unchanged");
});

test("a backup of another digest is refused", async () => {
  serve("nist-nvd2", makeZip([{ name: "nvdcve-2.0-000.json", bytes: "{}" }]), "0".repeat(64));
  await expect(syncOnce(VULNCHECK_FEED, "all", mirror, { env: TOKEN })).rejects.toThrow(/sha-?256/i);
});

describe.skipIf(!CORPUS_HERE)(`the corpus: ${CORPUS_MISSING}`, () => {
  test("genuine backups are read", async () => {
    serve("vulncheck-kev", await corpusFile("feed-samples/vulncheck-kev/happy/vulncheck-kev-1723803822402071515.zip"));
    const { items } = await syncOnce(VULNCHECK_KEV_FEED, "all", mirror, { env: TOKEN });
    expect(items).toContainEqual(expect.objectContaining({ name: "CVE-2021-30860" }));
    const plus = [];
    for await (const item of parseNvdPlus(
      await fileInput(join(CORPUS, "feed-samples/vulncheck-nist-nvd2/happy/nist-nvd2-1754586143238923080.zip")),
    ))
      plus.push(item);
    expect(plus.length).toBeGreaterThan(0);
    expect(plus.every((item) => "name" in item)).toBe(true);
  });
});
