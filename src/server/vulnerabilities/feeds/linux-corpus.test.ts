import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { corpus, CORPUS, CORPUS_HERE, CORPUS_MISSING } from "#test/support/feed-mirror.ts";
import { parsedFile, recordsOnly } from "#test/support/feed-parsing.ts";
import { parseAlma } from "./alma/alma.ts";
import { parseAlpine } from "./alpine/alpine.ts";
import { parseAmazon } from "./amazon/amazon.ts";
import { parseArch } from "./arch/arch.ts";
import { parseDebianOval } from "./debian/debian-oval.ts";
import { readDebianAdvisories } from "./debian/parse-advisories.ts";
import { parseDebianTracker } from "./debian/parse-tracker.ts";
import type { FeedInput, FeedItems } from "./feed.ts";
import { fileInput } from "./formats/file-input.ts";
import { jsonLines, jsonMembers } from "./formats/json-values.ts";
import { readUpdateinfo } from "./formats/updateinfo.ts";
import { LINUX_FEEDS } from "./linux-feeds.ts";
import { parseOracle } from "./oracle/oracle.ts";
import { parseRedhatApiFile, parseRedhatApiLines } from "./redhat/redhat-api.ts";
import { parseRedhatOval } from "./redhat/redhat-oval.ts";
import { parseVexArchive, parseVexFile } from "./redhat/redhat-vex.ts";
import { parseSuseOval } from "./suse/suse-oval.ts";
import { parseSuseArchive } from "./suse/suse-vex.ts";
import { parseUbuntuOval } from "./ubuntu/ubuntu-oval.ts";
import { parseUbuntuTracker } from "./ubuntu/ubuntu-tracker.ts";
import { parseUbuntuVexArchive, parseUbuntuVexFile } from "./ubuntu/ubuntu-vex.ts";
import { parseUbuntuOsv } from "./ubuntu/ubuntu.ts";

async function input(path: string): Promise<FeedInput> {
  return await fileInput(join(CORPUS, path));
}

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function count(items: AsyncIterable<unknown>): Promise<number> {
  let number = 0;
  for await (const _ of items) number += 1;
  return number;
}

async function records(parse: (input: FeedInput, part: string) => FeedItems, path: string, part: string) {
  return recordsOnly(await parsedFile(parse, join(CORPUS, path), part));
}

/** How many definitions a file has, told by its text. */
async function definitionsIn(path: string, mark: RegExp): Promise<number> {
  return (await corpus(path)).toString().match(mark)?.length ?? 0;
}

const tracker = (file: FeedInput, part: string): FeedItems => parseDebianTracker(file, part);

describe.skipIf(!CORPUS_HERE)(`the corpus of distributions: ${CORPUS_MISSING}`, () => {
  test("Debian: every entry of the tracker, and the whole lists of advisories", async () => {
    const file = "debian/security-tracker.converted-from-osv-2025-02.slice.json.gz";
    const sources = await listOf(jsonMembers<object>(await input(file)));
    expect([sources.length, sources.flatMap(([, entries]) => Object.keys(entries)).length]).toEqual([301, 14_376]);
    expect((await records(tracker, file, "bookworm")).length).toBe(13_591);
    expect((await records(tracker, file, "bullseye")).length).toBe(13_910);
    const suites = ["buster", "bullseye", "sid"];
    const samples = await Promise.all(
      [1, 2, 3].flatMap((n) => suites.map((suite) => records(tracker, `debian/tracker-native-sample-${n}.json`, suite))),
    );
    expect(samples.flat().length).toBeGreaterThan(20);
    expect(await count(readDebianAdvisories(await input("debian/DSA-list-2023-04-02.txt.gz")))).toBeGreaterThan(5000);
    expect(await count(readDebianAdvisories(await input("debian/DLA-list-2023-04-02.txt.gz")))).toBeGreaterThan(3000);
  });

  test.each([
    ["ubuntu/oval-rebuilt/com.ubuntu.xenial.usn.oval.rebuilt.xml.gz", "xenial", 1661],
    ["ubuntu/oval-rebuilt/com.ubuntu.bionic.usn.oval.rebuilt.xml.gz", "bionic", 1308],
    ["ubuntu/oval-rebuilt/com.ubuntu.focal.usn.oval.rebuilt.xml.gz", "focal", 703],
    ["ubuntu/oval-rebuilt/com.ubuntu.hirsute.usn.oval.rebuilt.xml.gz", "hirsute", 179],
    ["ubuntu/oval-rebuilt/com.ubuntu.impish.usn.oval.rebuilt.xml.gz", "impish", 162],
    ["ubuntu/oval-rebuilt/com.ubuntu.jammy.usn.oval.rebuilt.xml.gz", "jammy", 30],
    ["ubuntu/com.ubuntu.kinetic.usn.oval.xml.bz2", "kinetic", 265],
    ["ubuntu/com.ubuntu.lunar.usn.oval.xml.bz2", "lunar", 266],
    ["ubuntu/com.ubuntu.mantic.usn.oval.xml.bz2", "mantic", 273],
  ])("Ubuntu OVAL %s has its %s definitions", async (path, codename, definitions) => {
    expect(await definitionsIn(path, /class="patch"/gu)).toBe(definitions);
    expect((await records(parseUbuntuOval, path, codename)).length).toBeGreaterThan(definitions * 0.75);
  });

  // the rebuilt files lost which kernel runs, so that definitions of kernels bring nothing; which module is enabled its builds tell
  test.each([
    ["7", 1394, 1211],
    ["8", 935, 843],
    ["9", 19, 19],
  ])("Red Hat OVAL of release %s has its %i definitions, of which %i can be answered", async (release, definitions, answered) => {
    const path = `redhat/oval-rebuilt/rhel-${release}.oval.rebuilt.xml.gz`;
    expect(await definitionsIn(path, /<definition /gu)).toBe(definitions);
    expect((await records(parseRedhatOval, path, release)).length).toBe(answered);
  });

  test("Red Hat: documents of the API, VEX files of both layouts and advisories", async () => {
    const file = "redhat/security-data-api-cve-2025-02.slice.jsonl.gz";
    expect(await count(jsonLines(await input(file)))).toBe(5236);
    expect((await records(parseRedhatApiLines, file, "9")).length).toBe(3595);
    const vex = await listOf(glob("redhat/csaf-vex/cve-*.json.gz", { cwd: CORPUS }));
    const named = await Promise.all(vex.map((path) => records(parseVexFile, path, "9")));
    expect([vex.length, named.flat().length]).toEqual([8, 8]);
    const advisories = await listOf(glob("redhat/csaf-advisories/*.json.gz", { cwd: CORPUS }));
    const eight = await Promise.all(advisories.map((path) => records(parseVexFile, path, "8")));
    // the others are of OpenShift, Satellite and other products
    expect([
      advisories.length,
      eight
        .flat()
        .map(({ name }) => name)
        .toSorted(),
    ]).toEqual([7, ["RHSA-2024:0811", "RHSA-2024:1431"]]);
  });

  test("Amazon: all updates of the core repositories", async () => {
    for (const [part, updates, withCves] of [
      ["2", 1618, 1607],
      ["2023", 816, 809],
    ] as const) {
      const path = `amazon/al${part}-core.updateinfo.2025-02.xml.gz`;
      expect(await count(readUpdateinfo(await input(path)))).toBe(updates);
      expect((await records(parseAmazon, path, part)).length).toBe(withCves);
    }
  });

  test("Alpine: every package of every branch", async () => {
    const files = await listOf(glob("alpine-secdb/*.json.gz", { cwd: CORPUS }));
    for (const path of files) {
      const raw = JSON.stringify(await listOf(jsonMembers(await input(path)))).match(/"secfixes"/gu)?.length ?? 0;
      const found = await records(parseAlpine, path, "3.21");
      // a few packages name no vulnerability that has an id
      expect(found.length).toBeGreaterThan(raw * 0.97);
      expect(found.length).toBeLessThanOrEqual(raw);
    }
    expect(files.length).toBe(29);
  });

  test("Ubuntu's tracker: every CVE is read", async () => {
    const path = "ubuntu/cve-tracker-2024-08.slice.jsonl.gz";
    expect(await count(jsonLines(await input(path)))).toBe(6255);
    expect((await records(parseUbuntuTracker, path, "jammy")).length).toBe(4931);
  });

  test.each([
    ["feed-samples/ubuntu-osv/happy/osv-all.tar.xz", parseUbuntuOsv, "jammy", 1],
    ["feed-samples/ubuntu-vex/vex-all.tar.xz", parseUbuntuVexArchive, "jammy", 1],
    ["vex/ubuntu-openvex/CVE-2016-20013.json.gz", parseUbuntuVexFile, "jammy", 1],
    ["feed-samples/ubuntu-oval/oci.com.ubuntu.jammy.usn.oval.xml.bz2", parseUbuntuOval, "jammy", 1],
    ["feed-samples/ubuntu-oval/oci.com.ubuntu.jammy.cve.oval.xml.bz2", parseUbuntuOval, "jammy", 1],
    ["feed-samples/ubuntu-oval/oci.com.ubuntu.jammy.pkg.oval.xml.bz2", parseUbuntuOval, "jammy", 2],
    ["feed-samples/debian-oval/oval-definitions-bullseye.xml.bz2", parseDebianOval, "bullseye", 3],
    ["feed-samples/redhat-csaf-vex/csaf_vex_2024-08-04.tar.zst", parseVexArchive, "9", 5],
    ["feed-samples/redhat-oval-v2/oval/v2/RHEL9/rhel-9-including-unpatched.oval.xml.bz2", parseRedhatOval, "9", 3],
    ["feed-samples/redhat-security-data-api/CVE-2023-6204.json", parseRedhatApiFile, "8", 1],
    ["feed-samples/suse-csaf-vex/csaf-vex.tar.bz2", parseSuseArchive, "opensuse-tumbleweed", 1],
    ["feed-samples/suse-oval/happy/opensuse.leap.15.2.xml.gz", parseSuseOval, "opensuse-leap:15.2", 1],
    ["feed-samples/suse-oval/happy/opensuse.tumbleweed.xml.gz", parseSuseOval, "opensuse-tumbleweed", 1],
    ["feed-samples/amazon-alas/updateinfo_2_kernel-5.15.xml.gz", parseAmazon, "2", 1],
    ["feed-samples/oracle-oval/com.oracle.elsa-all.xml.bz2", parseOracle, "8", 1],
    ["feed-samples/arch-avg/advisory.json", parseArch, "all", 2],
  ] as const)("in its delivery container: %s", async (path, parse, part, number) => {
    expect((await records(parse, path, part)).length).toBe(number);
  });

  test("AlmaLinux's repositories", async () => {
    const files = await listOf(glob("feed-samples/alma-updateinfo/**/*updateinfo.xml.gz", { cwd: CORPUS }));
    expect(
      (await Promise.all(files.map((path) => records(parseAlma, path, "9"))))
        .flat()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(["ALSA-2022:4940", "ALSA-2023:7549"]);
  });

  test("each file of a distribution is recognised by one of its feeds", async () => {
    const readme = await readFile(join(CORPUS, "README.md"), "utf8");
    expect(readme).toContain("Vulnerability test and bench corpus");
    const found: Record<string, string | undefined> = {};
    for await (const path of glob("{debian,ubuntu,redhat,amazon,alpine-secdb}/**/*.*", { cwd: CORPUS })) {
      found[path] = LINUX_FEEDS.find((feed) => feed.files.some(({ pattern }) => pattern.test(path)))?.name;
    }
    const unknown = Object.entries(found).filter(([, feed]) => feed === undefined);
    expect(unknown.map(([path]) => path).toSorted()).toEqual([
      "debian/bookworm-amd64-binary-source.tsv.gz",
      "redhat/csaf-vex/archive_latest.txt",
      "redhat/csaf-vex/changes.csv",
      "redhat/csaf-vex/deletions.csv",
    ]);
  });
});
