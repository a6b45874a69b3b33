import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { cvssScore } from "#domain/vulnerability/judgement/cvss.ts";
import type { CvssVector } from "#domain/vulnerability/model.ts";
import { SHARED_DIR } from "#test/support/simulated-osquery/images.ts";

const NVD = join(SHARED_DIR, "data/vulnerabilities/nvd");
const HERE = existsSync(NVD);

interface Metric {
  cvssData: { version: CvssVector["version"]; vectorString: string; baseScore: number };
}

/** The CVSS metrics of a file of NVD's, all of them. */
function metricsOf(file: string): Metric["cvssData"][] {
  const { vulnerabilities } = JSON.parse(gunzipSync(readFileSync(join(NVD, file))).toString("utf8")) as {
    vulnerabilities: { cve: { metrics?: Record<string, Metric[]> } }[];
  };
  return vulnerabilities.flatMap(({ cve }) =>
    Object.entries(cve.metrics ?? {}).flatMap(([name, metrics]) =>
      name.startsWith("cvssMetric") ? metrics.map(({ cvssData }) => cvssData) : [],
    ),
  );
}

describe.skipIf(!HERE)("needs the shared vulnerability corpus; set MUSTER_SHARED_DIR", () => {
  test.each([
    ["nvdcve-2.0-2022.converted.json.gz", 20_000],
    ["nvdcve-2.0-native-sample.json.gz", 170],
  ])("every vector of %s has the score that NVD publishes for it", (file, atLeast) => {
    const metrics = metricsOf(file);
    const wrong = metrics.filter(({ version, vectorString, baseScore }) => cvssScore(version, vectorString) !== baseScore);
    expect(wrong).toEqual([]);
    expect(metrics.length).toBeGreaterThan(atLeast);
  });
});
