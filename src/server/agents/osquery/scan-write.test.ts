import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scanWrite } from "./scan-write.ts";

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const row = fc.dictionary(fc.string(), fc.string({ unit: "binary" }), { maxKeys: 4 });
const rows = fc.array(row, { maxLength: 4 });
const name = fc.stringMatching(/^[a-z]{1,6}$/);
const plainName = fc.oneof(
  name.map((n) => `muster_detail_query_${n}`),
  name.map((n) => `muster_software_${n}`),
);
const queries = fc.dictionary(plainName, fc.oneof(rows, fc.constant("")), { maxKeys: 6, noNullPrototype: true });

const isSoftware = ([query]: [string, unknown]): boolean => query.startsWith("muster_software_");
const softwareOf = (all: object): [string, unknown][] => Object.entries(all).filter(isSoftware);
const statusesOf = (all: object): Record<string, number> => Object.fromEntries(Object.keys(all).map((query) => [query, 0]));

describe("scanWrite", () => {
  it("leaves everything but the software results as JSON.parse would have it", () => {
    fc.assert(
      fc.property(queries, fc.string(), fc.nat(3), (all, node_key, indent) => {
        const body = { node_key, queries: all, statuses: statusesOf(all), messages: { a: 'b"\\' }, stats: { x: [1, {}] } };
        const scanned = scanWrite(Buffer.from(JSON.stringify(body, null, indent)));
        expect(scanned?.rest).toEqual({
          node_key,
          queries: Object.fromEntries(Object.entries(all).filter((entry) => !isSoftware(entry))),
          statuses: Object.fromEntries(Object.entries(body.statuses).filter((entry) => !isSoftware(entry))),
          messages: body.messages,
        });
        expect(scanned?.softwareQueries).toBe(softwareOf(all).length);
      }),
    );
  });

  it("gives equal digests exactly for equal software results", () => {
    fc.assert(
      fc.property(queries, queries, fc.boolean(), (one, other, same) => {
        const second = same ? { ...other, ...Object.fromEntries(softwareOf(one)) } : other;
        const mine = same ? Object.fromEntries(Object.entries(other).filter((entry) => !isSoftware(entry))) : {};
        const a = scanWrite(bytes({ queries: one }));
        const b = scanWrite(bytes({ queries: same ? { ...mine, ...Object.fromEntries(softwareOf(one)) } : second }));
        const equal = JSON.stringify(softwareOf(one)) === JSON.stringify(softwareOf(same ? one : other));
        expect(a?.softwareDigest === b?.softwareDigest).toBe(equal);
      }),
    );
  });

  it.each([
    ["a software query that failed", { queries: { muster_software_a: [] }, statuses: { muster_software_a: 1 } }],
    ["a status without its result", { queries: {}, statuses: { muster_software_a: 0 } }],
    ["no queries", { node_key: "k" }],
    ["queries that are no object", { queries: [] }],
  ])("leaves %s to the usual way", (_what, body) => {
    expect(scanWrite(bytes(body))).toBeNull();
  });

  it.each([
    ["nothing", ""],
    ["no object", "[]"],
    ["a name twice", '{"queries":{"muster_software_a":[],"muster_software_a":[{}]}}'],
    ["queries twice", '{"queries":{},"queries":{"muster_software_a":[]}}'],
    ["an escaped name", '{"queries":{"muster\\u005fsoftware_a":[]}}'],
    ["what does not end", '{"queries":{"muster_software_a":[{"name":"x'],
    ["what ends with a backslash", '{"queries":{"muster_software_a":["\\'],
    ["something after the end", '{"queries":{}} {}'],
    ["broken details", '{"queries":{"muster_detail_query_a":[}'],
    ["a missing comma", '{"queries":{} "statuses":{}}'],
  ])("leaves %s to the usual way", (_what, text) => {
    expect(scanWrite(Buffer.from(text))).toBeNull();
  });

  it("never throws, whatever is broken, and gives an object of queries or nothing", () => {
    fc.assert(
      fc.property(queries, fc.nat(), fc.string({ unit: "binary-ascii", maxLength: 3 }), (all, at, noise) => {
        const text = JSON.stringify({ node_key: "k", queries: all, statuses: statusesOf(all) });
        const broken = `${text.slice(0, at % text.length)}${noise}${text.slice((at % text.length) + 1)}`;
        const scanned = scanWrite(Buffer.from(broken));
        expect(scanned === null || typeof scanned.rest["queries"] === "object").toBe(true);
      }),
    );
  });
});
