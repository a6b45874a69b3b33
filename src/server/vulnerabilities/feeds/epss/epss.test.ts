import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EpssScore } from "#domain/vulnerability/model.ts";
import { CORPUS, CORPUS_HERE, corpusFile, CORPUS_MISSING, feedMirror } from "#test/support/feed-mirror.ts";
import { syncOnce } from "#test/support/feed-engine.ts";
import type { FeedItem } from "../feed.ts";
import { fileInput } from "../formats/file-input.ts";
import { EPSS_FEED, parseEpss } from "./epss-feed.ts";
import type { EpssHeader } from "./epss-feed.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "muster-epss-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function parsed(path: string, header?: EpssHeader): Promise<FeedItem<EpssScore>[]> {
  const items: FeedItem<EpssScore>[] = [];
  for await (const item of parseEpss(await fileInput(path), header)) items.push(item);
  return items;
}

async function written(text: string): Promise<string> {
  const path = join(directory, "epss_scores-2026-01-01.csv.gz");
  await writeFile(path, gzipSync(text));
  return path;
}

test("scores of every era are read: without percentile, with it, and below a line about the model", async () => {
  expect(await parsed(await written("cve,epss\nCVE-2020-5902,0.65117\n"))).toEqual([
    { cve: "CVE-2020-5902", epss: 0.65117, percentile: null },
  ]);
  expect(await parsed(await written("cve,epss,percentile\nCVE-2020-5902,0.65117,0.9981\n"))).toEqual([
    { cve: "CVE-2020-5902", epss: 0.65117, percentile: 0.9981 },
  ]);
  const header: EpssHeader = {};
  const now =
    "#model_version:v2023.03.01,score_date:2023-03-07T00:00:00+0000\ncve,epss,percentile\r\nCVE-2020-5902,4e-05,1.0\r\n";
  expect(await parsed(await written(now), header)).toEqual([{ cve: "CVE-2020-5902", epss: 0.000_04, percentile: 1 }]);
  expect(header.score_date).toBe("2023-03-07T00:00:00Z");
});

test.each([
  "CVE-2020-5902,1.5,0.5",
  "CVE-2020-5902,NaN,0.5",
  "CVE-2020-5902,0x1,0.5",
  "x,0.5,0.5",
  "CVE-2020-5902,0.5",
  "CVE-2020-5902,-0.5,1",
])("the row %s is told as bad", async (row) => {
  expect(await parsed(await written(`cve,epss,percentile\n${row}\n`))).toEqual([
    { bad: row.split(",")[0], why: expect.any(String) as string },
  ]);
});

test("other columns and an empty file are refused", async () => {
  await expect(parsed(await written("epss,cve\n"))).rejects.toThrow("does not begin with the columns");
  await expect(parsed(await written(""))).rejects.toThrow("is empty");
});

describe.skipIf(!CORPUS_HERE)(`the corpus: ${CORPUS_MISSING}`, () => {
  test("a whole day has 72,272 scores; samples of each era have theirs", async () => {
    expect(await parsed(join(CORPUS, "epss/epss_scores-2021-08-31.csv.gz"))).toHaveLength(72_272);
    const subset = await parsed(join(CORPUS, "epss/epss_scores-2025-12-13.kev-subset.csv"));
    expect(subset.filter((item) => "cve" in item)).toHaveLength(774);
    for (const day of ["2021-04-14", "2021-09-01", "2022-02-04", "2023-03-07"]) {
      const items = await parsed(join(CORPUS, `epss/native-header-epss_scores-${day}.csv.gz`));
      expect(items.length).toBeGreaterThan(0);
      expect(items.every((item) => "cve" in item)).toBe(true);
    }
  });

  test("the day's file is fetched when it is another", async () => {
    const mirror = await feedMirror();
    const url = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz";
    mirror.serve(url, await corpusFile("epss/native-header-epss_scores-2023-03-07.csv.gz"));
    const first = await syncOnce(EPSS_FEED, "all", mirror);
    expect([first.mode, first.items[0]]).toEqual(["full", { cve: "CVE-2020-5902", epss: 0.975_67, percentile: 0.999_95 }]);
    expect((await syncOnce(EPSS_FEED, "all", mirror, { memory: first.memory })).mode).toBe("unchanged");
    await mirror.close();
  });
});
