import fc from "fast-check";
import { expect, test } from "vitest";
import { detailsOfResults } from "./details.ts";
import { number, text, writeResults } from "./results.ts";
import { softwareReports } from "./software.ts";

const NAME = "muster_software_npm_packages";
const one = (body: Parameters<typeof writeResults>[0]) => writeResults(body).results.get(NAME);

test.each([
  [0, [{ name: "a" }]],
  ["0", [{ name: "a" }]],
  [undefined, [{ name: "a" }]],
])("status %j is success", (status, rows) => {
  expect(one({ queries: { [NAME]: rows }, statuses: { [NAME]: status } })).toEqual({ ok: true, rows });
});

test('agents before 3.0 send "" for an empty result', () => {
  expect(one({ queries: { [NAME]: "" }, statuses: { [NAME]: "0" } })).toEqual({ ok: true, rows: [] });
});

test.each([
  [1, "no such table: x", "no such table: x"],
  ["1", undefined, 'osquery status "1"'],
  [1, ["first", "second"], "first; second"],
  [1, "", "osquery status 1"],
])("status %j with message %j is a failure", (status, message, error) => {
  expect(one({ queries: { [NAME]: [] }, statuses: { [NAME]: status }, messages: { [NAME]: message } })).toEqual({
    ok: false,
    error,
    rows: [],
  });
});

test.each([[null], ["rows"], [{}], [[1]], [[[]]], [[null]]])(
  "a result that is no list of rows (%j) is a failure, never an empty list",
  (value) => {
    expect(one({ queries: { [NAME]: value }, statuses: { [NAME]: 0 } })?.ok).toBe(false);
  },
);

test("a failed query that has no result at all still counts as failed; names that are not Muster's are counted", () => {
  expect(one({ statuses: { [NAME]: 1 } })?.ok).toBe(false);
  expect(writeResults({ queries: { fleet_detail_query_x: [], constructor: [] }, statuses: { y: 0 } })).toEqual({
    results: new Map(),
    unknown: 3,
  });
});

test("columns are text or numbers whatever the agent sends", () => {
  const row = { a: "x", b: 7, c: true, d: null, e: { f: 1 }, g: " 12 ", h: "1.5", i: "0x1G" };
  expect(["a", "b", "c", "d", "e", "z"].map((c) => text(row, c))).toEqual(["x", "7", "true", "", "", ""]);
  expect(["b", "g", "h", "i", "d", "z"].map((c) => number(row, c))).toEqual([7, 12, 1.5, null, null, null]);
});

test("leaves out what is no text of an error's messages", () => {
  const { results } = writeResults({
    queries: {},
    statuses: { muster_software_apps: 1, muster_software_deb_packages: 1 },
    messages: {
      muster_software_apps: [{ toString: null }, "no such table", 7, ""],
      muster_software_deb_packages: { toString: null },
    },
  });
  expect(results.get("muster_software_apps")).toMatchObject({ ok: false, error: "no such table" });
  expect(results.get("muster_software_deb_packages")).toMatchObject({ ok: false, error: "osquery status 1" });
});

test("no body that is JSON makes translation fail", () => {
  const names = fc.constantFrom(
    NAME,
    "muster_software_apps",
    "muster_software_programs",
    "muster_software_deb_packages",
    "muster_software_python_packages",
    "muster_software_programs_prefetch",
    "muster_detail_query_os_version",
    "muster_detail_query_os_version_windows",
    "x",
  );
  const row = fc.dictionary(
    fc.constantFrom("name", "version", "path", "data", "source", "install_location", "last_opened_time"),
    fc.jsonValue(),
  );
  const body = fc.record({
    queries: fc.dictionary(names, fc.oneof(fc.jsonValue(), fc.array(row))),
    statuses: fc.dictionary(names, fc.jsonValue()),
    messages: fc.dictionary(names, fc.jsonValue()),
  });
  fc.assert(
    fc.property(body, (b) => {
      const { results } = writeResults(b);
      expect(softwareReports(results, "debian").length).toBeLessThanOrEqual(5);
      expect(detailsOfResults(results)).toBeTypeOf("object");
    }),
  );
});
