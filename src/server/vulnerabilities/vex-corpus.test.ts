import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readVex } from "#domain/vulnerability/judgement/vex/read-vex.ts";
import { SHARED_DIR } from "#test/support/simulated-osquery/images.ts";

const VEX = join(SHARED_DIR, "data/vulnerabilities/vex");
const HERE = existsSync(VEX);
const NOW = new Date("2026-11-01T00:00:00Z");

const files = HERE
  ? readdirSync(VEX, { recursive: true, encoding: "utf8" }).filter(
      (file) => /\.json(\.gz)?$/.test(file) && !file.includes("schema"),
    )
  : [];

function read(file: string): ReturnType<typeof readVex> {
  const bytes = readFileSync(join(VEX, file));
  return readVex(JSON.parse((file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8")), NOW);
}

describe.skipIf(!HERE)("needs the shared VEX documents; set MUSTER_SHARED_DIR", () => {
  test.each(files)("%s is read", (file) => {
    const document = read(file);
    expect(document.document_id).not.toBe("");
    expect(Date.parse(document.issued_at)).not.toBeNaN();
    // every statement names a product, or it is told why not
    for (const statement of document.statements) expect(statement.products.length).toBeGreaterThan(0);
    // bills of materials, and documents that name products in words only, have no statement that could match
    expect(document.statements.length > 0 || file.includes("bom") || document.skipped.length > 0).toBe(true);
  });

  test("all of them were found, and the ones with package URLs have their statements", () => {
    expect(files.length).toBeGreaterThan(60);
    expect(read("openvex/node.openvex.json").statements.length).toBeGreaterThan(100);
    expect(read("ubuntu-openvex/CVE-2023-38545.json.gz").statements.length).toBeGreaterThan(0);
    expect(read("trivy-samples/csaf.json").statements).toMatchObject([
      { vulnerabilities: ["CVE-2024-0001"], status: "not_affected", impact_statement: "vulnerable_code_not_in_execute_path" },
    ]);
    expect(read("trivy-samples/cyclonedx.json").statements).toHaveLength(2);
    // a component of an application that bundles it
    expect(read("trivy-samples/csaf-relationships.json").statements).toEqual([]);
  });
});
