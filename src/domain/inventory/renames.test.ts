import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identityKey } from "#domain/software/identity.ts";
import { emptySoftwareEntry, type SoftwareEntry } from "#domain/software/software.ts";
import { mergeDuplicates } from "./difference.ts";
import { underRecordedNames } from "./former-names.ts";
import { formerByPath, renamesByPath } from "./renames.ts";

const app = (name: string, paths: string[], fields: Partial<SoftwareEntry> = {}): SoftwareEntry => ({
  ...emptySoftwareEntry("apps"),
  name,
  installed_paths: paths.toSorted(),
  bundle_identifier: "com.x",
  ...fields,
});
const names = (renames: Map<SoftwareEntry, SoftwareEntry>) => [...renames].map(([a, b]) => `${a.name}>${b.name}`).toSorted();
const entries = fc.array(
  fc.record({
    name: fc.constantFrom("A", "B", "C", "D"),
    paths: fc.uniqueArray(fc.constantFrom("/1", "/2", "/3"), { minLength: 1 }),
  }),
  { maxLength: 4 },
);
const distinct = (rows: { name: string; paths: string[] }[]) => [
  ...mergeDuplicates(rows.map((r) => app(r.name, r.paths))).values(),
];

describe("renamesByPath", () => {
  it.each([
    ["a name for another", [app("A", ["/1"])], [app("B", ["/1"])], ["A>B"]],
    ["two that keep their places", [app("A", ["/1"]), app("B", ["/2"])], [app("C", ["/2"]), app("D", ["/1"])], ["A>D", "B>C"]],
    ["one that becomes two", [app("A", ["/1", "/2", "/3"])], [app("C", ["/1"]), app("D", ["/2", "/3"])], ["A>D"]],
    ["two that become one", [app("A", ["/1"]), app("B", ["/2"])], [app("C", ["/1", "/2"])], ["A>C", "B>C"]],
    ["two candidates at one path", [app("A", ["/1"])], [app("D", ["/1"]), app("C", ["/1"])], ["A>C"]],
    ["two that were at one path", [app("A", ["/1"]), app("B", ["/1"])], [app("C", ["/1"])], ["A>C", "B>C"]],
    ["another place", [app("A", ["/1"])], [app("B", ["/2"])], []],
    ["another version", [app("A", ["/1"])], [app("B", ["/1"], { version: "2" })], []],
    ["another identifier", [app("A", ["/1"])], [app("B", ["/1"], { bundle_identifier: "com.y" })], []],
    ["another vendor", [app("A", ["/1"])], [app("B", ["/1"], { vendor: "V" })], []],
    ["no place at all", [app("A", [])], [app("B", [])], []],
  ])("%s", (_what, gone, came, expected) => expect(names(renamesByPath(gone, came))).toEqual(expected));

  it("does not depend on the order of rows, and pairs only what shares a path", () => {
    fc.assert(
      fc.property(entries, entries, (before, after) => {
        const [gone, came] = [distinct(before), distinct(after)];
        const renames = renamesByPath(gone, came);
        expect(names(renamesByPath(gone.toReversed(), came.toReversed()))).toEqual(names(renames));
        for (const [a, b] of renames) {
          expect(a.name).not.toBe(b.name);
          expect(a.installed_paths.some((path) => b.installed_paths.includes(path))).toBe(true);
        }
      }),
    );
  });

  it("first-seen is the earliest of what lay there", () => {
    const gone = [
      { ...app("A", ["/1"]), since: 5 },
      { ...app("B", ["/2"]), since: 3 },
    ];
    const came = [app("C", ["/1", "/2"]), app("D", ["/9"])];
    expect([...formerByPath(gone, came)].map(([entry, row]) => [entry.name, row.since])).toEqual([["C", 3]]);
  });
});

describe("underRecordedNames", () => {
  it("undoes what a report by older rules calls differently, also where one became two or two one", () => {
    const recorded = [app("Récents", ["/1", "/2"]), app("Slack", ["/3"])];
    const reported = [app("All My Files.app", ["/1"]), app("Recents.app", ["/2"]), app("Slack", ["/3"]), app("New.app", ["/4"])];
    const merged = [...mergeDuplicates(underRecordedNames(recorded, reported)).values()];
    expect(merged.map((e) => [e.name, e.installed_paths])).toEqual([
      ["Récents", ["/1", "/2"]],
      ["Slack", ["/3"]],
      ["New.app", ["/4"]],
    ]);
  });

  it("loses no path, and changes nothing of what is recorded itself", () => {
    fc.assert(
      fc.property(entries, entries, (before, after) => {
        const [recorded, reported] = [distinct(before), distinct(after)];
        const named = underRecordedNames(recorded, reported);
        const all = (rows: SoftwareEntry[]) => [...new Set(rows.flatMap((row) => row.installed_paths))].toSorted();
        expect(all(named)).toEqual(all(reported));
        const same = [...mergeDuplicates(underRecordedNames(recorded, recorded)).values()];
        expect(same.map((row) => identityKey(row)).toSorted()).toEqual(recorded.map((row) => identityKey(row)).toSorted());
      }),
    );
  });
});
