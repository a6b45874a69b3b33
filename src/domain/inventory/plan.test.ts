import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identityKey } from "#domain/software/identity.ts";
import { emptySoftwareEntry, type SoftwareEntry } from "#domain/software/software.ts";
import { titleKey, titleOf } from "#domain/software/title.ts";
import { softwareEntry } from "#test/support/arbitraries.ts";
import { factsKey, inventoryDifference, isEmptyDifference, LAST_OPENED_STEP_SECONDS, mergeDuplicates } from "./difference.ts";
import { sourceDigestText } from "./digest.ts";
import { planLinks, type LinkPlan, type RecordedLink, type ResolvedEntry } from "./plan.ts";

/** A catalogue in memory: hands out ids as the database would. */
function catalogue() {
  const ids = new Map<string, number>();
  const id = (key: string) => ids.get(key) ?? ids.set(key, ids.size + 1).get(key)!;
  const resolve = (entry: SoftwareEntry): ResolvedEntry => ({
    entry,
    software_id: id(identityKey(entry)),
    title_id: id(titleKey(titleOf(entry))),
    facts_id: entry.facts === null ? null : id(factsKey(entry.facts)),
  });
  const record = (entry: SoftwareEntry, since = 1): RecordedLink => ({ ...entry, ...resolve(entry), since });
  return { resolve, record };
}

function apply(current: RecordedLink[], plan: LinkPlan): Map<number, { entry: SoftwareEntry; since: number | null }> {
  const state = new Map<number, { entry: SoftwareEntry; since: number | null }>(
    current.map((l) => [l.software_id, { entry: l, since: l.since }]),
  );
  for (const ended of plan.end) expect(state.delete(ended.software_id)).toBe(true);
  for (const link of plan.begin) {
    expect(state.has(link.software_id)).toBe(false);
    state.set(link.software_id, { entry: link.entry, since: link.since });
  }
  for (const update of plan.update) {
    const known = state.get(update.software_id);
    expect(known).toBeDefined();
    state.set(update.software_id, { entry: update.entry, since: known!.since });
  }
  return state;
}

const MUTABLE = [
  "name",
  "version",
  "vendor",
  "extension_id",
  "upgrade_code",
  "last_opened_at",
  "installed_paths",
  "facts",
] as const;
const inventory = fc.array(softwareEntry, { maxLength: 12 });

describe("difference and plan", () => {
  it("applied to the old state give exactly what was reported", () => {
    fc.assert(
      fc.property(inventory, inventory, (before, report) => {
        const { resolve, record } = catalogue();
        const current = [...mergeDuplicates(before).values()].map((e) => record(e));
        const plan = planLinks(current, inventoryDifference(current, report), resolve, { reportedBefore: () => true });
        const after = apply(current, plan);
        const reported = mergeDuplicates(report);
        expect(new Set([...after.values()].map(({ entry }) => identityKey(entry)))).toEqual(new Set(reported.keys()));
        for (const { entry } of after.values()) {
          const wanted = reported.get(identityKey(entry))!;
          expect(entry.installed_paths).toEqual(wanted.installed_paths);
          expect(entry.facts).toEqual(wanted.facts);
          const newest = wanted.last_opened_at ?? 0;
          expect(newest - (entry.last_opened_at ?? 0)).toBeLessThan(LAST_OPENED_STEP_SECONDS);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("find nothing to do when the same is reported again, in any order and with duplicates", () => {
    fc.assert(
      fc.property(inventory, (report) => {
        const { record } = catalogue();
        const current = [...mergeDuplicates(report).values()].map((e) => record(e));
        const again = [...report, ...report].toReversed();
        expect(sourceDigestText(again)).toBe(sourceDigestText(again.toReversed()));
        const difference = inventoryDifference(current, report);
        expect(isEmptyDifference(difference)).toBe(true);
      }),
    );
  });

  it("count a title once however many of its versions come and go", () => {
    fc.assert(
      fc.property(inventory, inventory, (before, report) => {
        const { resolve, record } = catalogue();
        const current = [...mergeDuplicates(before).values()].map((e) => record(e));
        const plan = planLinks(current, inventoryDifference(current, report), resolve, { reportedBefore: () => true });
        const titles = new Set(current.map((l) => l.title_id));
        for (const id of plan.titlesAdded) expect(titles.size).toBeLessThan(titles.add(id).size);
        for (const id of plan.titlesRemoved) expect(titles.delete(id)).toBe(true);
        expect(titles).toEqual(new Set(report.map((e) => resolve(e).title_id)));
      }),
    );
  });

  it("have digests that differ whenever something would be written", () => {
    fc.assert(
      fc.property(
        fc.array(softwareEntry, { minLength: 1, maxLength: 6 }),
        fc.nat(),
        softwareEntry,
        fc.constantFrom(...MUTABLE),
        (before, at, other, field) => {
          const report = before.map((entry, i) => (i === at % before.length ? { ...entry, [field]: other[field] } : entry));
          const { record } = catalogue();
          const current = [...mergeDuplicates(before).values()].map((e) => record(e));
          if (isEmptyDifference(inventoryDifference(current, report))) return;
          expect(sourceDigestText(report)).not.toBe(sourceDigestText(before));
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe("planLinks", () => {
  const app = (fields: Partial<SoftwareEntry>) => ({ ...emptySoftwareEntry("apps"), ...fields });
  const planOf = (before: SoftwareEntry[], report: SoftwareEntry[]) => {
    const { resolve, record } = catalogue();
    const current = before.map((e) => record(e, 42));
    return planLinks(current, inventoryDifference(current, report), resolve, { reportedBefore: () => true });
  };

  it("calls a version that replaces another of its title an update", () => {
    const plan = planOf(
      [app({ name: "Zoom", version: "1", bundle_identifier: "us.zoom" })],
      [app({ name: "Zoom", version: "2", bundle_identifier: "us.zoom" })],
    );
    expect(plan.end).toMatchObject([{ event: "updated", next_software_id: plan.begin[0]!.software_id }]);
    expect(plan.titlesAdded).toEqual([]);
    expect(plan.titlesRemoved).toEqual([]);
  });

  it("carries a renamed application over: same path, identifier and version, other name", () => {
    const fields = { version: "1", bundle_identifier: "com.x", installed_paths: ["/Applications/X.app"] };
    const plan = planOf([app({ name: "X.app", ...fields })], [app({ name: "X", ...fields })]);
    expect(plan.end).toMatchObject([{ event: "renamed", next_software_id: plan.begin[0]!.software_id }]);
    expect(plan.begin).toMatchObject([{ since: 42 }]);
  });

  it("tells renamed helpers apart by their paths", () => {
    const helper = (name: string, path: string) => app({ name, bundle_identifier: "com.x.helper", installed_paths: [path] });
    const plan = planOf(
      [helper("Old (GPU)", "/gpu"), helper("Old (Renderer)", "/renderer")],
      [helper("New (Renderer)", "/renderer"), helper("New (GPU)", "/gpu")],
    );
    const next = new Map(plan.begin.map((l) => [l.software_id, l.entry.name]));
    expect(plan.end.map((e) => [e.event, next.get(e.next_software_id!)])).toEqual([
      ["renamed", "New (GPU)"],
      ["renamed", "New (Renderer)"],
    ]);
  });

  it("names every successor of a row that became several, so that none of them seems to have been there before", () => {
    const at = (name: string, ...installed_paths: string[]) => app({ name, bundle_identifier: "com.x", installed_paths });
    const plan = planOf([at("Both", "/a", "/b", "/c")], [at("First", "/a", "/b"), at("Second", "/c")]);
    const ids = new Map(plan.begin.map((link) => [link.entry.name, link.software_id]));
    expect(plan.end).toMatchObject([{ event: "renamed", next_software_id: ids.get("First") }]);
    expect(plan.alsoRenamed).toMatchObject([{ event: "renamed", next_software_id: ids.get("Second") }]);
    expect(plan.begin.map((link) => link.since)).toEqual([42, 42]);
    expect(plan.installed).toEqual([]);
  });

  it("calls software without a successor removed", () => {
    const plan = planOf([app({ name: "Zoom", version: "1" })], []);
    expect(plan.end).toMatchObject([{ event: "removed", next_software_id: null, since: 42 }]);
    expect(plan.titlesRemoved).toHaveLength(1);
  });
});

describe("inventoryDifference", () => {
  const entry = (last_opened_at: number | null) => ({ ...emptySoftwareEntry("apps"), name: "X", last_opened_at });
  it.each([
    [1000, 1000 + LAST_OPENED_STEP_SECONDS - 1, 0],
    [1000, 1000 + LAST_OPENED_STEP_SECONDS, 1],
    [null, 1000, 1],
    [1000, null, 0],
    [9000, 1000, 0],
  ])("last opened %s, then %s: %i changes", (before, after, changes) => {
    const { record } = catalogue();
    expect(inventoryDifference([record(entry(before))], [entry(after)]).changed).toHaveLength(changes);
  });

  it("never forgets a known opening time when something else changed", () => {
    const { record } = catalogue();
    const difference = inventoryDifference([record(entry(5000))], [{ ...entry(null), installed_paths: ["/x"] }]);
    expect(difference.changed[0]!.reported.last_opened_at).toBe(5000);
  });

  it("keeps the signatures of paths that are still there when a report brings none, and takes new ones", () => {
    const { record } = catalogue();
    const signed = (path: string, team_identifier: string) => ({
      installed_path: path,
      team_identifier,
      hash_sha256: "",
      executable_sha256: "",
      executable_path: "",
    });
    const before = {
      ...entry(null),
      installed_paths: ["/a", "/b"],
      signature_information: [signed("/a", "T1"), signed("/b", "T1")],
    };
    const silent = { ...before, signature_information: [] };
    expect(inventoryDifference([record(before)], [silent]).changed).toEqual([]);
    const moved = inventoryDifference([record(before)], [{ ...silent, installed_paths: ["/b"] }]).changed[0]!.reported;
    expect(moved.signature_information).toEqual([signed("/b", "T1")]);
    const resigned = inventoryDifference([record(before)], [{ ...before, signature_information: [signed("/a", "T2")] }])
      .changed[0]!;
    expect(resigned.reported.signature_information).toEqual([signed("/a", "T2")]);
  });
});
