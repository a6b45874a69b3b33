import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { syncOnce } from "#test/support/feed-engine.ts";
import { type FeedMirror, feedMirror } from "#test/support/feed-mirror.ts";
import { makeZip } from "#test/support/zip.ts";
import { OSV_FEED } from "./feed.ts";

const BUCKET = "https://storage.googleapis.com/osv-vulnerabilities";
let mirror: FeedMirror;

beforeAll(async () => {
  mirror = await feedMirror();
});
afterAll(async () => {
  await mirror.close();
});
beforeEach(() => {
  mirror.requests.length = 0;
});

function advisory(id: string, ecosystem = "npm", fixed = "1.0.1"): object {
  return {
    id,
    affected: [{ package: { ecosystem, name: "left" }, ranges: [{ type: "SEMVER", events: [{ introduced: "0" }, { fixed }] }] }],
  };
}

function serve(folder: string, changes: [modified: string, id: string][], records: object[]): void {
  mirror.serve(`${BUCKET}/${folder}/modified_id.csv`, changes.map((change) => `${change.join(",")}\n`).join(""));
  mirror.serve(
    `${BUCKET}/${folder}/all.zip`,
    makeZip(records.map((record) => ({ name: `${(record as { id: string }).id}.json`, bytes: JSON.stringify(record) }))),
  );
}

describe("sync with OSV's bucket", () => {
  test("the whole archive comes first, then single records that changed since", async () => {
    serve(
      "npm",
      [
        ["2026-01-02T00:00:00Z", "GHSA-2"],
        ["2026-01-01T00:00:00Z", "GHSA-1"],
      ],
      [advisory("GHSA-1"), advisory("GHSA-2")],
    );
    const first = await syncOnce(OSV_FEED, "npm", mirror);
    expect([first.mode, first.items.map((item) => "name" in item && item.name)]).toEqual(["full", ["GHSA-1", "GHSA-2"]]);

    const again = await syncOnce(OSV_FEED, "npm", mirror, { memory: first.memory });
    expect(again.mode).toBe("unchanged");

    serve(
      "npm",
      [
        ["2026-01-04T00:00:00Z", "GHSA-9"],
        ["2026-01-03T00:00:00Z", "GHSA-2"],
        ["2026-01-02T00:00:00Z", "GHSA-2"],
      ],
      [],
    );
    mirror.serve(`${BUCKET}/npm/GHSA-2.json`, JSON.stringify(advisory("GHSA-2", "npm", "2.0.0")));
    mirror.requests.length = 0;
    const delta = await syncOnce(OSV_FEED, "npm", mirror, { memory: first.memory });
    expect(delta.mode).toBe("delta");
    expect(delta.items).toMatchObject([{ gone: "GHSA-9" }, { name: "GHSA-2", affected: [{ ranges: [{ fixed: "2.0.0" }] }] }]);
    expect(mirror.requests.some(({ url }) => url.endsWith("all.zip"))).toBe(false);

    const quiet = await syncOnce(OSV_FEED, "npm", mirror, { memory: delta.memory });
    expect(quiet.mode).toBe("unchanged");
  });

  test("a record that no longer speaks of the part is gone from it", async () => {
    serve("Rocky Linux", [["2026-01-01T00:00:00Z", "RLSA-1"]], []);
    const first = await syncOnce(OSV_FEED, "rpm:rocky:9", mirror);
    serve("Rocky Linux", [["2026-01-02T00:00:00Z", "RLSA-1"]], []);
    mirror.serve(`${BUCKET}/Rocky Linux/RLSA-1.json`, JSON.stringify(advisory("RLSA-1", "Rocky Linux:8")));
    const delta = await syncOnce(OSV_FEED, "rpm:rocky:9", mirror, { memory: first.memory });
    expect(delta.items).toEqual([{ gone: "RLSA-1" }]);
  });

  test("once a week, and after very many changes, the whole archive is loaded anew", async () => {
    serve("Go", [["2026-01-01T00:00:00Z", "GO-1"]], [advisory("GO-1", "Go")]);
    const now = new Date("2026-02-01T00:00:00Z");
    const first = await syncOnce(OSV_FEED, "go", mirror, { now });
    const week = new Date("2026-02-08T00:00:01Z");
    expect((await syncOnce(OSV_FEED, "go", mirror, { memory: first.memory, now: week })).mode).toBe("full");
    const many = Array.from({ length: 400 }, (_, index): [string, string] => ["2026-02-01T00:00:00Z", `GO-${index}`]);
    serve("Go", many, [advisory("GO-1", "Go")]);
    expect((await syncOnce(OSV_FEED, "go", mirror, { memory: first.memory, now })).mode).toBe("full");
  });

  test("an archive that is cut off is refused", async () => {
    serve("PyPI", [["2026-01-01T00:00:00Z", "PYSEC-1"]], [advisory("PYSEC-1", "PyPI")]);
    mirror.fail(`${BUCKET}/PyPI/all.zip`, { truncateTo: 60 });
    await expect(syncOnce(OSV_FEED, "pypi", mirror)).rejects.toThrow(/archive|zip|bytes/i);
  });
});
