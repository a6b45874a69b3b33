import { join } from "node:path";
import { expect, test } from "vitest";
import { nothingLeftOut } from "#domain/vulnerability/cpe-ranges.ts";
import type { FeedRecord } from "#domain/vulnerability/model.ts";
import { CORPUS, CORPUS_HERE, CORPUS_MISSING, feedMirror } from "#test/support/feed-mirror.ts";
import { syncOnce } from "#test/support/feed-engine.ts";
import { makeZip } from "#test/support/zip.ts";
import { fileInput } from "../formats/file-input.ts";
import { NVD_OVERRIDES_FEED, overrideRecord, parseOverrideLines } from "./nvd-overrides-feed.ts";

function override(configurations: unknown, cve_id = "CVE-2024-0001"): object {
  return { _annotation: { cve_id, reason: "x" }, cve: { configurations } };
}

const CHROME = { vulnerable: true, criteria: "cpe:2.3:a:google:chrome:*:*:*:*:*:*:*:*", versionEndExcluding: "120" };

test("a correction gives ranges of its own provider", () => {
  expect(overrideRecord(override([{ nodes: [{ operator: "OR", cpeMatch: [CHROME] }] }]), nothingLeftOut())).toMatchObject({
    name: "CVE-2024-0001",
    facts: null,
    affected: [{ package: "google:chrome", ranges: [{ provider: "override", fixed: "120" }] }],
  });
});

test("the placeholder null:null, and products that are not vulnerable, say nothing", () => {
  const none = { vulnerable: false, criteria: "cpe:2.3:a:null:null:*:*:*:*:*:*:*:*" };
  const firefox = { vulnerable: false, criteria: "cpe:2.3:a:mozilla:firefox:0:*:*:*:*:*:*:*" };
  expect(overrideRecord(override([{ nodes: [{ operator: "OR", cpeMatch: [none, firefox] }] }]), nothingLeftOut())).toMatchObject({
    affected: [],
  });
});

test.each([
  ["no id", { cve: {} }, "its _annotation.cve_id is no CVE id"],
  ["configurations that are a text", override("all"), "configurations is not a list"],
])("one with %s is told as bad", (_, value, why) => {
  expect(overrideRecord(value, nothingLeftOut())).toMatchObject({ why });
});

test("the repository's archive is read, one file a CVE", async () => {
  const mirror = await feedMirror();
  const bytes = JSON.stringify(override([{ nodes: [{ operator: "OR", cpeMatch: [CHROME] }] }]));
  const archive = makeZip([
    { name: "nvd-data-overrides-main/data/2024/CVE-2024-0001.json", bytes },
    { name: "nvd-data-overrides-main/README.md", bytes: "hello" },
  ]);
  mirror.serve("https://codeload.github.com/anchore/nvd-data-overrides/tar.gz/refs/heads/main", archive);
  const first = await syncOnce(NVD_OVERRIDES_FEED, "all", mirror);
  expect([first.mode, first.items.length]).toEqual(["full", 1]);
  expect((await syncOnce(NVD_OVERRIDES_FEED, "all", mirror, { memory: first.memory })).mode).toBe("unchanged");
  await mirror.close();
});

test.skipIf(!CORPUS_HERE)(`all 32,184 corrections of the corpus are read: ${CORPUS_MISSING}`, async () => {
  const names = new Set<string>();
  let acrobat: FeedRecord | undefined;
  for await (const item of parseOverrideLines(await fileInput(join(CORPUS, "nvd/anchore-nvd-overrides.jsonl.gz")))) {
    if (!("name" in item)) throw new Error(JSON.stringify(item));
    names.add(item.name);
    if (item.name === "CVE-2024-30279") acrobat = item;
  }
  expect(names.size).toBe(32_184);
  // continuous and classic tracks are told apart
  expect(acrobat?.affected.map((each) => [each.package, each.ranges.map((range) => `${range.edition} ${range.fixed}`)])).toEqual([
    ["adobe:acrobat_dc", ["continuous 24.002.20759"]],
    ["adobe:acrobat_reader_dc", ["continuous 24.002.20759"]],
    ["adobe:acrobat", ["classic 20.005.30636", "classic 20.005.30635"]],
    ["adobe:acrobat_reader", ["classic 20.005.30636", "classic 20.005.30635"]],
  ]);
});
