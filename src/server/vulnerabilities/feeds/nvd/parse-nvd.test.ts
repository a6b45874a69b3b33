import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { reduceConfigurations } from "#domain/vulnerability/cpe-configurations.ts";
import { nothingLeftOut } from "#domain/vulnerability/cpe-ranges.ts";
import type { AffectedPackage, FeedRecord } from "#domain/vulnerability/model.ts";
import { SHARED_DIR } from "#test/support/simulated-osquery/images.ts";
import type { FeedItem } from "../feed.ts";
import { fileInput } from "../formats/file-input.ts";
import { parseMeta, parseNvd, parseNvdYear, yearOfCve } from "./nvd-files.ts";
import { nvdRecord, utcTime, vulncheckRecord } from "./parse-nvd.ts";

const CORPUS = join(SHARED_DIR, "data/vulnerabilities");
const YEAR = join(CORPUS, "nvd/nvdcve-2.0-2022.converted.json.gz");
const MODIFIED = join(CORPUS, "nvd/nvdcve-2.0-modified-2022-10-20.converted.json.gz");
const NATIVE = join(CORPUS, "nvd/nvdcve-2.0-native-sample.json.gz");

async function records(items: AsyncIterable<FeedItem>): Promise<FeedRecord[]> {
  const found: FeedRecord[] = [];
  for await (const item of items) {
    if (!("name" in item)) throw new Error(JSON.stringify(item));
    found.push(item);
  }
  return found;
}

const RANGE = {
  nodes: [{ cpeMatch: [{ vulnerable: true, criteria: "cpe:2.3:a:v:p:*:*:*:*:*:*:*:*", versionEndExcluding: "2" }] }],
};

function record(fields: object): FeedRecord {
  const found = nvdRecord(
    { cve: { id: "CVE-2024-0001", vulnStatus: "Analyzed", configurations: [RANGE], ...fields } },
    nothingLeftOut(),
  );
  if (!("name" in found)) throw new Error(found.why);
  return found;
}

describe("a record of NVD", () => {
  test("tells English text, scores of everybody, weaknesses, references and public exploits", () => {
    const { facts } = record({
      published: "2024-01-02T03:04:05.678",
      descriptions: [
        { lang: "es", value: "Hola" },
        { lang: "en", value: "Hello" },
      ],
      metrics: {
        cvssMetricV31: [
          { source: "nvd@nist.gov", cvssData: { version: "3.1", vectorString: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" } },
          {
            source: "134c704f-9b21-4f2e-91b3-4a467353bcc0",
            cvssData: { version: "3.1", vectorString: "CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" },
          },
        ],
        cvssMetricV2: [{ source: "cna@example.org", cvssData: { version: "2.0", vectorString: "AV:N/AC:L/Au:N/C:P/I:P/A:P" } }],
      },
      weaknesses: [{ description: [{ value: "CWE-79" }, { value: "NVD-CWE-Other" }] }],
      references: [{ url: "https://example.org/poc", tags: ["Exploit"] }, { url: "javascript:alert(1)" }],
    });
    expect(facts).toMatchObject({ description: "Hello", published: "2024-01-02T03:04:05.678Z", cwes: ["CWE-79"], exploit: true });
    expect(facts?.cvss?.map(({ source, version }) => `${source} ${version}`)).toEqual([
      "NVD 3.1",
      "CISA-ADP 3.1",
      "cna@example.org 2.0",
    ]);
    expect(facts?.references).toEqual([{ url: "https://example.org/poc", tags: ["Exploit"] }]);
  });

  test("that was rejected has no ranges, whatever it lists", () => {
    expect(record({ vulnStatus: "Rejected" })).toMatchObject({ facts: { rejected: true }, affected: [] });
  });

  test.each(["Received", "Awaiting Analysis", "Undergoing Analysis", "Not Scheduled", undefined])(
    "in state %s says nothing of products yet",
    (vulnStatus) => {
      expect(record({ vulnStatus }).affected).toEqual([]);
      expect(record({ vulnStatus }).facts).not.toHaveProperty("rejected");
    },
  );

  test.each(["Analyzed", "Modified", "Deferred"])("in state %s has the ranges that NVD analysed", (vulnStatus) => {
    expect(record({ vulnStatus }).affected[0]?.ranges[0]).toMatchObject({ fixed: "2", provider: "nvd" });
  });

  test.each([
    ["no object", 7, "a record is not an object"],
    ["no CVE id", { cve: { id: "../../etc" } }, "its id is no CVE id"],
    ["descriptions of the wrong type", { cve: { id: "CVE-2024-1000", descriptions: "x" } }, "descriptions is not a list"],
    ["metrics of the wrong type", { cve: { id: "CVE-2024-1000", metrics: [] } }, "metrics is not an object"],
  ])("with %s is told as bad, by its field", (_, value, why) => {
    expect(nvdRecord(value, nothingLeftOut())).toMatchObject({ bad: expect.any(String), why });
  });

  test("keeps those references that say most when there are too many", () => {
    const references = Array.from({ length: 5000 }, (_, index) => ({
      url: `https://example.org/${index}`,
      ...(index === 4999 ? { tags: ["Patch"] } : {}),
    }));
    const kept = record({ references }).facts?.references ?? [];
    expect(kept).toHaveLength(100);
    expect(kept[0]?.tags).toEqual(["Patch"]);
  });

  test("of VulnCheck gives VulnCheck's own ranges only", () => {
    const found = vulncheckRecord(
      { id: "CVE-2024-0001", vulnStatus: "Awaiting Analysis", configurations: [RANGE, RANGE], vcConfigurations: [RANGE] },
      nothingLeftOut(),
    );
    expect(found).toMatchObject({ facts: null, affected: [{ package: "v:p", ranges: [{ provider: "vulncheck", fixed: "2" }] }] });
  });
});

test("NVD's times are UTC", () => {
  expect(utcTime("2022-10-20T03:00:01-04:00")).toBe("2022-10-20T07:00:01.000Z");
  expect(utcTime("2023-11-10T00:15:08.640")).toBe("2023-11-10T00:15:08.640Z");
  expect(utcTime("yesterday")).toBeUndefined();
});

test("a CVE is in the part of its year, everything old in the first", () => {
  expect([yearOfCve("CVE-1999-0001"), yearOfCve("CVE-2022-41556")]).toEqual(["2002", "2022"]);
});

test("a .meta file tells when, how much and which digest; another file is refused", () => {
  const sha = "AB".repeat(32);
  expect(
    parseMeta(`lastModifiedDate:2022-10-20T03:00:01-04:00\r\nsize:1\r\nzipSize:1\r\ngzSize:5\r\nsha256:${sha}\r\n`, "x.meta"),
  ).toEqual({
    lastModified: "2022-10-20T07:00:01.000Z",
    gzSize: 5,
    sha256: sha.toLowerCase(),
  });
  expect(() => parseMeta("<html>Service unavailable</html>", "x.meta")).toThrow("x.meta is not what NVD's .meta files are");
});

interface Old {
  cve: { CVE_data_meta: { ID: string } };
  configurations: { nodes: OldNode[] };
}
interface OldNode {
  operator: string;
  negate?: boolean;
  children?: OldNode[];
  cpe_match?: { cpe23Uri: string }[];
}

/** The meaning of the retired 1.1 shape in that of 2.0. */
function modern({ configurations }: Old): object[] {
  const node = (old: OldNode): object => ({
    operator: old.operator,
    negate: old.negate,
    cpeMatch: (old.cpe_match ?? []).map(({ cpe23Uri, ...rest }) => ({ criteria: cpe23Uri, ...rest })),
  });
  return configurations.nodes.map((old) =>
    (old.children ?? []).length > 0 ? { operator: old.operator, nodes: old.children?.map(node) } : { nodes: [node(old)] },
  );
}

function rangesOf(affected: readonly AffectedPackage[]): string[] {
  return affected
    .map((each) => JSON.stringify({ ...each, ranges: each.ranges.map((range) => JSON.stringify(range)).toSorted() }))
    .toSorted();
}

describe.skipIf(!existsSync(CORPUS))("needs the shared vulnerability corpus; set MUSTER_SHARED_DIR", () => {
  let year: FeedRecord[] = [];
  let milliseconds = 0;
  beforeAll(async () => {
    const started = performance.now();
    year = await records(parseNvd(await fileInput(YEAR)));
    milliseconds = performance.now() - started;
  });

  test("every record of every file is read, a year in seconds", async () => {
    expect(year).toHaveLength(15_454);
    expect(milliseconds).toBeLessThan(30_000);
    expect(year.filter((each) => each.facts?.rejected)).toHaveLength(196);
    expect(await records(parseNvd(await fileInput(MODIFIED)))).toHaveLength(459);
    expect(await records(parseNvd(await fileInput(NATIVE)))).toHaveLength(120);
  });

  test("the converted 2.0 year gives the ranges of the 1.1 year", () => {
    const old = JSON.parse(gunzipSync(readFileSync(join(CORPUS, "nvd/nvdcve-1.1-2022.json.gz"))).toString("utf8")) as {
      CVE_Items: Old[];
    };
    const byId = new Map(old.CVE_Items.map((item) => [item.cve.CVE_data_meta.ID, item]));
    const different: string[] = [];
    let compared = 0;
    for (const { name, facts, affected } of year) {
      const item = byId.get(name);
      if (item === undefined || facts?.rejected) continue;
      const expected = reduceConfigurations(modern(item), name, "nvd", nothingLeftOut());
      if (rangesOf(affected).join() !== rangesOf(expected).join()) different.push(name);
      compared += 1;
    }
    expect(different).toEqual([]);
    expect(compared).toBe(15_454 - 196);
  });

  test("a part takes its own year of a file of all years", async () => {
    const of2021 = await records(parseNvdYear(await fileInput(NATIVE), "2021"));
    expect(of2021.map((each) => each.name)).toContain("CVE-2021-44228");
    expect(of2021.every((each) => each.name.startsWith("CVE-2021-"))).toBe(true);
    const oldest = await records(parseNvdYear(await fileInput(NATIVE), "2002"));
    expect(oldest.map((each) => each.name)).toContain("CVE-1999-0095");
  });

  test("the delta changes exactly its 459 CVEs against the year", async () => {
    const before = new Map(year.map((each) => [each.name, JSON.stringify(each)]));
    const delta = await records(parseNvd(await fileInput(MODIFIED)));
    expect(new Set(delta.map((each) => each.name)).size).toBe(459);
    expect(delta.filter((each) => before.get(each.name) === JSON.stringify(each))).toEqual([]);
  });
});
