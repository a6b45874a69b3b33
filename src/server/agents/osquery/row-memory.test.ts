import fc from "fast-check";
import { expect, test } from "vitest";
import { prepareReport } from "../../inventory/prepare-report.ts";
import { RowMemory } from "./row-memory.ts";
import { scanWrite } from "./scan-write.ts";
import { scannedResults } from "./scanned-results.ts";
import { writeResults } from "./translate/results.ts";
import { softwareReports } from "./translate/software.ts";

const text = fc.oneof(
  fc.constantFrom("bash", "5.2", "/usr/bin/x", "C:\\Program Files\\X", 'a"b', "é😀", "{", "]}", ""),
  fc.string(),
);
const columns = [
  "name",
  "version",
  "path",
  "source",
  "maintainer",
  "identifier",
  "install_location",
  "last_opened_time",
  "release",
];
const row = fc.dictionary(fc.constantFrom(...columns), fc.oneof(text, fc.integer(), fc.constant(null)), { maxKeys: 6 });
const query = fc.constantFrom(
  "muster_software_deb_packages",
  "muster_software_python_packages",
  "muster_software_apps",
  "muster_software_apps_codesign",
  "muster_software_programs",
  "muster_software_programs_prefetch",
  "muster_software_no_such_query",
);
const results = fc.dictionary(query, fc.oneof(fc.array(row, { maxLength: 5 }), fc.constant("")), { noNullPrototype: true });

const bytesOf = (queries: unknown, indent: number): Buffer =>
  Buffer.from(JSON.stringify({ node_key: "k", queries }, null, indent));

test("what comes from memory is what the whole body says, whatever came before", () => {
  fc.assert(
    fc.property(
      fc.array(results, { minLength: 1, maxLength: 6 }),
      fc.nat(2),
      fc.constantFrom(2, 1000),
      (bodies, indent, rowsMax) => {
        const memory = new RowMemory(rowsMax);
        for (const queries of [...bodies, ...bodies]) {
          const scanned = scanWrite(bytesOf(queries, indent))!;
          const remembered = softwareReports(scannedResults(scanned, memory)!, "ubuntu");
          const parsed = softwareReports(writeResults({ queries }).results, "ubuntu");
          expect(remembered).toEqual(parsed);
          expect(prepareReport(remembered)).toEqual(prepareReport(structuredClone(parsed)));
        }
      },
    ),
    { numRuns: 100 },
  );
});

test("the same row of two hosts is one object, and one of another query is not", () => {
  const memory = new RowMemory();
  const rows = [{ name: "left-pad", version: "1.3.0", path: "" }];
  const entriesOf = (name: string) => {
    const result = scannedResults(scanWrite(bytesOf({ [name]: rows }, 0))!, memory)!.get(name);
    return result?.ok === true ? result.entries! : [];
  };
  expect(entriesOf("muster_software_npm_packages")[0]).toBe(entriesOf("muster_software_npm_packages")[0]);
  expect(entriesOf("muster_software_python_packages")[0]?.source).toBe("python_packages");
  expect(entriesOf("muster_software_npm_packages")[0]?.source).toBe("npm_packages");
});

test.each([
  ["a row that is none", '[{"name":"a"},1]'],
  ["no list", '{"name":"a"}'],
])("%s is the query's failure, as ever", (_what, value) => {
  const scanned = scanWrite(Buffer.from(`{"queries":{"muster_software_deb_packages":${value}}}`))!;
  expect(scannedResults(scanned, new RowMemory())!.get("muster_software_deb_packages")?.ok).toBe(false);
});

test.each(['[{"name":"a"} {"name":"b"}]', '[{"name":a}]', '[{"name":"a"},]'])(
  "broken JSON (%s) is left to whoever reads the whole body",
  (value) => {
    const scanned = scanWrite(Buffer.from(`{"queries":{"muster_software_deb_packages":${value}}}`))!;
    expect(scannedResults(scanned, new RowMemory())).toBeNull();
  },
);
