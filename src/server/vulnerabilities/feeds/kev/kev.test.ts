import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FeedRecord } from "#domain/vulnerability/model.ts";
import { corpus, CORPUS, CORPUS_HERE, CORPUS_MISSING, feedMirror } from "#test/support/feed-mirror.ts";
import type { FeedMirror } from "#test/support/feed-mirror.ts";
import { syncOnce } from "#test/support/feed-engine.ts";
import type { FeedItem } from "../feed.ts";
import { fileInput } from "../formats/file-input.ts";
import { KEV_FEED, kevRecords, parseKevFile } from "./kev-feed.ts";

const LIST = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json";
const OLD = "kev/known_exploited_vulnerabilities.2025-08-25.json.gz";
const NEW = "kev/known_exploited_vulnerabilities.2026-08-21.json.gz";

const ENTRY = {
  cveID: "CVE-2024-0001",
  vulnerabilityName: "A flaw",
  dateAdded: "2024-05-01",
  dueDate: "2024-05-22",
  requiredAction: "Apply updates.",
  knownRansomwareCampaignUse: "Known",
  cwes: ["CWE-79"],
};

function list(...vulnerabilities: object[]): FeedItem[] {
  return [...kevRecords({ count: vulnerabilities.length, vulnerabilities }, "kev.json", true)];
}

test("an entry tells since when it is exploited, by ransomware too, and until when to act", () => {
  expect(list(ENTRY)).toEqual([
    {
      name: "CVE-2024-0001",
      vulnerabilities: ["CVE-2024-0001"],
      affected: [],
      facts: {
        title: "A flaw",
        cwes: ["CWE-79"],
        exploit: true,
        kev: {
          date_added: "2024-05-01",
          due_date: "2024-05-22",
          ransomware: true,
          required_action: "Apply updates.",
          source: "CISA",
        },
      },
    },
  ]);
  expect(list({ ...ENTRY, knownRansomwareCampaignUse: "Unknown" })).toMatchObject([{ facts: { kev: { ransomware: false } } }]);
});

test.each([
  ["another id", { ...ENTRY, cveID: "x" }, "its cveID is no CVE id"],
  ["no day", { ...ENTRY, dateAdded: "soon" }, "its dateAdded is no day"],
  ["a name that is a number", { ...ENTRY, vulnerabilityName: 7 }, "vulnerabilityName is not a text"],
])("an entry with %s is told as bad", (_, entry, why) => {
  expect(list(entry)).toMatchObject([{ why }]);
});

test("a list that was cut is refused", () => {
  expect(() => [...kevRecords({ count: 2, vulnerabilities: [ENTRY] }, "kev.json", true)]).toThrow(
    "says that it has 2 entries and has 1",
  );
  expect(() => [...kevRecords({ vulnerabilities: {} }, "kev.json", false)]).toThrow("vulnerabilities is not a list");
});

describe.skipIf(!CORPUS_HERE)(`the corpus: ${CORPUS_MISSING}`, () => {
  let mirror: FeedMirror;
  beforeAll(async () => {
    mirror = await feedMirror();
  });
  afterAll(() => mirror.close());

  test("a year's growth of the list, 1,404 to 1,674 entries, comes by conditional requests", async () => {
    mirror.serve(LIST, await corpus(OLD));
    const before = await syncOnce(KEV_FEED, "all", mirror);
    expect([before.mode, before.items.length]).toEqual(["full", 1404]);
    expect((await syncOnce(KEV_FEED, "all", mirror, { memory: before.memory })).mode).toBe("unchanged");
    mirror.serve(LIST, await corpus(NEW));
    const after = await syncOnce(KEV_FEED, "all", mirror, { memory: before.memory });
    expect([after.mode, after.items.length]).toEqual(["full", 1674]);
    expect(mirror.statusOf(LIST)).toEqual([200, 304, 200]);
    const known = new Set((before.items as FeedRecord[]).map((each) => each.name));
    expect((after.items as FeedRecord[]).filter((each) => !known.has(each.name)).length).toBeGreaterThanOrEqual(270);
  });

  test("CISA's sample is read, its schema is not taken for the list", async () => {
    const items: FeedItem[] = [];
    for await (const item of parseKevFile(
      await fileInput(join(CORPUS, "feed-samples/cisa-kev/known_exploited_vulnerabilities.json")),
    ))
      items.push(item);
    expect(items.length).toBeGreaterThan(0);
    expect(items.every((item) => "name" in item)).toBe(true);
    const [file] = KEV_FEED.files;
    expect(file?.pattern.test("kev/known_exploited_vulnerabilities_schema.json")).toBe(false);
    expect(file?.pattern.test(NEW)).toBe(true);
  });
});
