import { glob, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { SHARED_DIR } from "#test/support/simulated-osquery/images.ts";
import { identityOfCase, type QualityCase } from "./quality-case.ts";
import { runQuality, type QualityRun } from "./run-quality.ts";

const INVENTORIES = join(SHARED_DIR, "data/inventories");
const NO_SOFTWARE = new Set(["patches", "signature", "kernel_info"]);

type Row = Record<string, string> & { name: string };

/** How the rows of one source fared over all images. */
export interface SourceSurvey {
  rows: number;
  assessed: number;
  unidentified: number;
  not_assessed: number;
  /** Distinct pairs of a row and a CVE. */
  findings: number;
}

/** Looks at every inventory with the whole corpus. */
export async function surveyImages(
  report: (line: string) => void,
): Promise<{ sources: Map<string, SourceSurvey>; run: QualityRun }> {
  const cases: QualityCase[] = [];
  for await (const path of glob("*.json", { cwd: INVENTORIES })) {
    if (path !== "upgrades.json") cases.push(...(await rowsOf(path)));
  }
  const run = await runQuality(cases, report);
  const sources = new Map<string, SourceSurvey>();
  for (const { case: one, found } of run.results) {
    const source = one.software?.source ?? "";
    const survey = sources.get(source) ?? { rows: 0, assessed: 0, unidentified: 0, not_assessed: 0, findings: 0 };
    sources.set(source, survey);
    survey.rows += 1;
    survey[identityOfCase(one, run.catalogue).identity.status] += 1;
    survey.findings += found.size;
  }
  return { sources, run };
}

async function rowsOf(file: string): Promise<QualityCase[]> {
  const { host, tables } = JSON.parse(await readFile(join(INVENTORIES, file), "utf8")) as {
    host: { platform: string; os_version: { name?: string; version?: string }[] };
    tables: Record<string, Row[]>;
  };
  const { name = "", version = "" } = host.os_version[0] ?? {};
  const image = basename(file, ".json");
  return Object.entries(tables).flatMap(([source, rows]) =>
    NO_SOFTWARE.has(source)
      ? []
      : rows.map((row, at) => ({
          id: `${image} ${source} ${at}`,
          group: image,
          os: { platform: host.platform, name, version },
          software: softwareOf(source, row),
          label: "a row of an inventory",
        })),
  );
}

function softwareOf(source: string, row: Row): NonNullable<QualityCase["software"]> {
  const version = row["version"] ?? row["bundle_short_version"] ?? "";
  const vendor = row["vendor"] ?? row["publisher"] ?? "";
  const told = { source, name: row.name, version, vendor, release: row["release"] ?? "", arch: row["arch"] ?? "" };
  const ids = {
    bundle_identifier: row["bundle_identifier"] ?? "",
    extension_id: row["identifier"] ?? "",
    epoch: row["epoch"] ?? "",
  };
  // of the source column of a deb: `glibc (2.36-9)`, where the source has a version of its own
  const [, source_package = "", source_version = ""] =
    /^(\S+)(?: \((\S+)\))?$/.exec(source === "deb_packages" ? (row["source"] ?? "") : "") ?? [];
  return { ...told, ...ids, ...(source_package === "" ? {} : { source_package, source_version: source_version || version }) };
}

/** The table that the documentation shows. */
export function surveyLines(sources: ReadonlyMap<string, SourceSurvey>): string[] {
  return [
    "| source | rows | assessed | unidentified | not assessed | findings |",
    "| --- | --- | --- | --- | --- | --- |",
    ...[...sources]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, s]) => `| ${name} | ${s.rows} | ${s.assessed} | ${s.unidentified} | ${s.not_assessed} | ${s.findings} |`),
  ];
}
