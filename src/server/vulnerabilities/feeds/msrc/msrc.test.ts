import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { AffectedRange, FeedRecord } from "#domain/vulnerability/model.ts";
import { SHARED_DIR } from "#test/support/simulated-osquery/images.ts";
import { fileInput } from "../formats/file-input.ts";
import type { MsrcFix, MsrcVulnerability } from "./document.ts";
import { MSRC_FEED } from "./feed.ts";
import { affectedOf } from "./fixes.ts";
import { parseMsrc } from "./parse.ts";
import type { Tally } from "../formats/tally.ts";
import { vendorProduct } from "./vendor-products.ts";

const CORPUS = join(SHARED_DIR, "data/vulnerabilities");

/** A vulnerability of products by name, with a fixed build (and subtype) for each. */
function ranges(
  fixes: [product: string, fixedBuild: string, subType?: string][],
  tally?: Tally,
  title = "",
): Record<string, Partial<AffectedRange>[]> {
  const products = [...new Set(fixes.map(([name]) => name))];
  const names = new Map(products.map((name) => [`id of ${name}`, name]));
  const vulnerability: MsrcVulnerability = {
    cve: "CVE-2024-1000",
    title,
    description: "",
    cwes: [],
    affected: new Set(names.keys()),
    severities: new Map([["", "Important"]]),
    isExploited: false,
    vectors: new Set(),
    fixes: fixes.map(([name, fixedBuild, subType = "Security Update"], index): MsrcFix => ({
      kb: `500000${index}`,
      supersedes: [],
      url: "",
      subType,
      fixedBuild,
      products: [`id of ${name}`],
    })),
    revisions: [],
  };
  return Object.fromEntries(affectedOf(vulnerability, names, tally).map((affected) => [affected.package, affected.ranges]));
}

const W10 = "Windows 10 Version 21H2 for x64-based Systems";
const W11 = "Windows 11 Version 22H2 for x64-based Systems";

describe("Windows", () => {
  test("is concerned below the fixed build of its own branch", () => {
    expect(ranges([[W11, "10.0.22621.4317"]])).toEqual({
      "windows 11 22h2 x64": [
        {
          vulnerability: "CVE-2024-1000",
          status: "affected",
          provider: "msrc",
          name_kind: "product",
          scheme: "windows",
          branch: "10.0.22621",
          fixed: "10.0.22621.4317",
          fix: "fixed",
          severity: "high",
          advisory: "KB5000000",
          url: "https://support.microsoft.com/help/5000000",
        },
      ],
    });
  });

  test("21H2 was listed with builds of 21H1: the same update has the same revision in its own branch", () => {
    expect(ranges([[W10, "10.0.19043.1586"]])["windows 10 21h2 x64"]).toMatchObject([
      { branch: "10.0.19044", fixed: "10.0.19044.1586" },
    ]);
  });

  test("a build of a branch with updates of its own says nothing", () => {
    const tally: Tally = new Map();
    expect(ranges([["Windows 11 version 21H2 for x64-based Systems", "10.0.22621.1105"]], tally)).toEqual({});
    expect(tally.get("Windows: a build of another branch")).toBe(1);
  });

  test("without a fixed build nothing can be judged", () => {
    const tally: Tally = new Map();
    expect(
      ranges(
        [
          [W10, ""],
          [W11, "1.002"],
        ],
        tally,
      ),
    ).toEqual({});
    expect([...tally]).toEqual([
      ["Windows: no fixed build", 1],
      ["Windows: a build of another branch", 1],
    ]);
  });

  test("components on Windows and Microsoft's own Linux are other products", () => {
    expect(ranges([["Microsoft .NET Framework 4.8 on Windows Server 2016", "10.0.14393.5786"]])).toEqual({});
    expect(ranges([["CBL Mariner 2.0 x64", "3.9.19-5", "CBL-Mariner"]])).toEqual({});
  });
});

describe("other products", () => {
  test("Edge: stable releases begin after the extended stable one; builds of Chromium are not Edge's", () => {
    const found = ranges([
      ["Microsoft Edge (Chromium-based)", "110.0.1587.41"],
      ["Microsoft Edge (Chromium-based) Extended Stable", "108.0.1462.95"],
    ]);
    expect(found["microsoft:edge_chromium"]?.map(({ introduced, fixed }) => [introduced, fixed])).toEqual([
      ["109", "110.0.1587.41"],
      [undefined, "108.0.1462.95"],
    ]);
    expect(vendorProduct("Microsoft Edge (Chromium-based)", "112.0.5615.49")).toBe("Edge: a build of Chromium");
    expect(vendorProduct("Microsoft Edge (Chromium-based)", "112.0.5615.49/50")).toBe("other product: no comparable build");
    expect(vendorProduct("Microsoft Edge (Chromium-based)", "131.0.2903.63")).toMatchObject({ build: "131.0.2903.63" });
  });

  test("Visual Studio: a line that serves older releases leaves out those with a fix of their own", () => {
    const found = ranges([
      ["Microsoft Visual Studio 2019 version 16.11 (includes 16.0 - 16.10)", "16.11.15"],
      ["Microsoft Visual Studio 2019 version 16.9 (includes 16.0 - 16.8)", "16.9.21"],
      ["Microsoft Visual Studio 2022 version 17.2", "17.2.1"],
    ]);
    expect(found["microsoft:visual_studio_2019"]?.map(({ introduced, fixed }) => `${introduced}..${fixed}`)).toEqual([
      "16.10..16.11.15",
      "16.0..16.9.21",
    ]);
    expect(found["microsoft:visual_studio_2022"]).toMatchObject([
      { introduced: "17.2", fixed: "17.2.1", platform: { families: ["windows"] } },
    ]);
  });

  test("Visual Studio: lines between two with fixes are mended by the later one", () => {
    const found = ranges([
      ["Microsoft Visual Studio 2022 version 17.4", "17.4.17"],
      ["Microsoft Visual Studio 2022 version 17.6", "17.6.13"],
      ["Microsoft Visual Studio 2022 version 17.9", "17.9.3"],
    ]);
    expect(found["microsoft:visual_studio_2022"]?.map(({ introduced, fixed }) => `${introduced}..${fixed}`)).toEqual([
      "17.4..17.4.17",
      "17.5..17.6.13",
      "17.7..17.9.3",
    ]);
  });

  test("SQL Server has two lines of builds, Exchange one for each cumulative update", () => {
    const found = ranges([
      ["Microsoft SQL Server 2019 for x64-based Systems (GDR)", "15.0.2116.2"],
      ["Microsoft SQL Server 2019 for x64-based Systems (CU 27)", "15.0.4382.1"],
      ["Microsoft Exchange Server 2019 Cumulative Update 12", "15.02.1118.020"],
    ]);
    expect(found["microsoft:sql_server_2019"]?.map(({ introduced, fixed }) => `${introduced}..${fixed}`)).toEqual([
      "15.0.2000.5..15.0.2116.2",
      "15.0.4003.23..15.0.4382.1",
    ]);
    expect(found["microsoft:exchange_server"]).toMatchObject([{ branch: "15.2.1118", fixed: "15.2.1118.20" }]);
  });

  test("SQL Server's older releases: the same name stands for both lines of builds, which the build tells apart", () => {
    const name = "Microsoft SQL Server 2014 Service Pack 3 for x64-based Systems";
    const found = ranges([
      [`${name} (GDR)`, "12.0.6444.4"],
      [`${name} (CU 4)`, "12.0.6174.8"],
    ]);
    expect(found["microsoft:sql_server"]?.map(({ introduced, fixed }) => `${introduced}..${fixed}`)).toEqual([
      "12.0.6205.1..12.0.6444.4",
      "12.0.6024.0..12.0.6174.8",
    ]);
  });

  test("Office for Mac: the title says which application, the suite is each of them, and dates of builds are left off", () => {
    const suite: [string, string][] = [
      ["Microsoft Office 2019 for Mac", "16.77.23091003"],
      ["Microsoft Office LTSC for Mac 2021", "16.77.23091003"],
    ];
    const packages = (title: string) => Object.keys(ranges(suite, undefined, title));
    expect(ranges(suite, undefined, "Microsoft Excel Remote Code Execution Vulnerability")).toMatchObject({
      "microsoft:excel": [{ introduced: "16.0", fixed: "16.77", platform: { families: ["darwin"] } }],
    });
    expect(packages("Microsoft Word Information Disclosure Vulnerability")).toEqual(["microsoft:word"]);
    const suiteApplications = ["microsoft:word", "microsoft:excel", "microsoft:powerpoint", "microsoft:outlook"];
    expect(packages("Microsoft Office Graphics Remote Code Execution Vulnerability")).toEqual(suiteApplications);
    expect(packages("Microsoft Office Visio Remote Code Execution Vulnerability")).toEqual([]);
    expect(Object.keys(ranges([["Microsoft OneNote for Mac", "16.92.24120731"]]))).toEqual(["microsoft:onenote"]);
    expect(ranges([["Microsoft Office for iOS", "2.70.23021003"]])).toEqual({});
    expect(ranges([["Microsoft Office LTSC for Mac 2021", "Release Notes"]], undefined, "Microsoft Excel")).toEqual({});
  });

  test("an extension of Visual Studio Code is not Visual Studio Code", () => {
    const found = ranges([
      ["Python extension for Visual Studio Code", "2024.18.2"],
      ["Visual Studio Code", "1.94.1"],
    ]);
    expect(found["microsoft:python"]).toMatchObject([{ fixed: "2024.18.2", target_software: ["visual_studio_code"] }]);
    expect(found["microsoft:visual_studio_code"]).toMatchObject([{ fixed: "1.94.1" }]);
    expect(found["microsoft:visual_studio_code"]?.[0]?.target_software).toBeUndefined();
  });

  test.each([
    ["Snipping Tool", "11.2302.20.0", "11..11.2302.20.0"],
    ["Microsoft Remote Desktop", "10.2.3006.0", "10..10.2.3006.0"],
    ["Azure CLI", "2.65.0", "undefined..2.65.0"],
    ["az webapp config appsettings set", "2.53.1", "undefined..2.53.1"],
    ["Microsoft AutoUpdate for Mac", "4.77.24121924", "undefined..4.77"],
    ["Microsoft Teams for Desktop", "1.6.00.18681", "1..1.6.0.18681"],
  ])("%s is mended by %s", (name, build, range) => {
    const [found] = Object.values(ranges([[name, build]]));
    expect(found?.map(({ introduced, fixed }) => `${introduced}..${fixed}`)).toEqual([range]);
  });

  test("Office's builds are on a page, not in the document: not assessed", () => {
    const tally: Tally = new Map();
    expect(
      ranges([["Microsoft 365 Apps for Enterprise for 64-bit Systems", "https://aka.ms/OfficeSecurityReleases"]], tally),
    ).toEqual({});
    expect(tally.get("other product")).toBe(1);
  });
});

test("parts are the months for which a fleet needs documents", () => {
  const parts = (family: string, ecosystem: string): string[] =>
    MSRC_FEED.parts({
      scopes: [{ name: family, family }],
      ecosystems: new Set([ecosystem]),
      sources: new Set(),
      today: "2026-11-21",
    });
  expect(parts("linux", "npm")).toEqual([]);
  expect(parts("linux", "cpe")).toHaveLength(37);
  expect(parts("darwin", "cpe")[0]).toBe("2018-Sep");
  const windows = parts("windows", "msrc");
  expect([windows[0], windows.at(-1), windows.length]).toEqual(["2016-Apr", "2026-Nov", 128]);
});

test("the JSON form of a document says the same as the XML form", async () => {
  const document = {
    ProductTree: { FullProductName: [{ ProductID: "12085", Value: W11 }] },
    Vulnerability: [
      {
        Title: { Value: "Windows Hyper-V Security Feature Bypass Vulnerability" },
        CVE: "CVE-2024-20659",
        CWE: [{ ID: "CWE-20", Value: "Improper Input Validation" }],
        Notes: [{ Type: 2, Value: "<p>A bypass.</p>" }],
        ProductStatuses: [{ Type: 3, ProductID: ["12085"] }],
        Threats: [
          { Type: 3, Description: { Value: "Important" }, ProductID: ["12085"] },
          { Type: 1, Description: { Value: "Publicly Disclosed:Yes;Exploited:Yes" }, ProductID: [] },
        ],
        CVSSScoreSets: [{ Vector: "CVSS:3.1/AV:A/AC:H/PR:N/UI:R/S:U/C:H/I:H/A:H/E:F/RL:O/RC:C" }],
        Remediations: [
          {
            Type: 2,
            Description: { Value: "5044285" },
            Supercedence: "5043076",
            SubType: "Security Update",
            FixedBuild: "10.0.22621.4317",
            ProductID: ["12085"],
          },
          { Type: 5, Description: { Value: "5044285" }, ProductID: ["12085"] },
        ],
        RevisionHistory: [{ Date: "2024-10-08T07:00:00" }],
      },
    ],
  };
  const directory = await mkdtemp(join(tmpdir(), "muster-msrc-"));
  const path = join(directory, "2024-Oct.json");
  await writeFile(path, JSON.stringify(document));
  const records = await all(path);
  await rm(directory, { recursive: true });
  expect(records).toMatchObject([
    {
      name: "CVE-2024-20659",
      facts: {
        severity: "high",
        exploit: true,
        cwes: ["CWE-20"],
        description: "A bypass.",
        published: "2024-10-08T07:00:00Z",
        cvss: [{ source: "Microsoft", version: "3.1" }],
        references: [{ tags: ["advisory"] }, { tags: ["patch", "KB5044285", "replaces KB5043076"] }],
      },
      affected: [{ package: "windows 11 22h2 x64", ranges: [{ fixed: "10.0.22621.4317", severity: "high" }] }],
    },
  ]);
});

async function all(path: string, tally?: Tally): Promise<FeedRecord[]> {
  const records: FeedRecord[] = [];
  for await (const item of parseMsrc(await fileInput(path), tally)) if ("vulnerabilities" in item) records.push(item);
  return records;
}

describe.skipIf(!existsSync(CORPUS))("needs the shared vulnerability corpus; set MUSTER_SHARED_DIR", () => {
  test("every entry of the 38 documents is a record, or left out for a reason", async () => {
    const tally: Tally = new Map();
    let records = 0;
    const files = readdirSync(join(CORPUS, "msrc")).filter((file) => !file.includes("original"));
    for (const file of files) records += (await all(join(CORPUS, "msrc", file), tally)).length;
    expect(files).toHaveLength(38);
    expect(records + (tally.get("Azure Linux only") ?? 0) + (tally.get("no CVE") ?? 0)).toBe(8003);
    expect(tally.get("Windows: a build of another branch")).toBeLessThan(300);
  });

  test("a rebuilt document has the entries of the original", async () => {
    const [original, rebuilt] = [
      await all(join(CORPUS, "msrc/2022-May.cvrf.original.xml.bz2")),
      await all(join(CORPUS, "msrc/2022-May.cvrf.xml.gz")),
    ];
    const names = new Set(rebuilt.map(({ name }) => name));
    expect(original.length).toBeGreaterThan(60);
    expect(original.filter(({ name }) => !names.has(name))).toEqual([]);
    const known = original.find(({ name }) => name === "CVE-2022-26925");
    expect(known?.facts).toMatchObject({ exploit: true, severity: "high" });
    expect(known?.affected.find((its) => its.package === "windows server 2019 x64")?.ranges).toMatchObject([
      { fixed: "10.0.17763.2928", advisory: "KB5013941" },
    ]);
  });

  test.each(["2016-Apr", "2024-Mar"])("the sample %s reads", async (month) => {
    expect((await all(join(CORPUS, "feed-samples/msrc/cvrf/cvrf", month))).length).toBeGreaterThan(0);
  });

  test("files of a directory belong to their months", () => {
    const [file] = MSRC_FEED.files;
    const partOf = (path: string): string | null | undefined => {
      const match = file?.pattern.exec(path) ?? null;
      return match === null ? undefined : file?.part(match);
    };
    expect(partOf("msrc/2022-May.cvrf.original.xml.bz2")).toBe("2022-May");
    expect(partOf("msrc/2025-Jan.cvrf.xml.gz")).toBe("2025-Jan");
    expect(partOf("feed-samples/msrc/cvrf/cvrf/2024-Mar")).toBe("2024-Mar");
    expect(partOf("msrc/updates")).toBeUndefined();
  });
});
