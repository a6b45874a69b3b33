import { createHash } from "node:crypto";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { sourceDigestText } from "#domain/inventory/digest.ts";
import { cleanEntry } from "#domain/software/hygiene.ts";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareRow } from "#protocol/agent/messages.ts";
import { directCollector } from "./collection/collector.ts";
import { Inventory } from "./inventory.ts";
import { cleanRows, sourceDigest, wireRow } from "./rows.ts";
import { CollectError, LIMITS_DEFAULT } from "./sources/source.ts";
import type { Collected, Source, SourceLimits } from "./sources/source.ts";

function entry(fields: Partial<SoftwareEntry>): SoftwareEntry {
  return { ...emptySoftwareEntry("deb_packages"), name: "a", version: "1", ...fields };
}

/** What a server makes of rows: fields that are absent are empty, rows are cleaned, then the digest. */
function serverDigest(source: string, rows: SoftwareRow[]): string {
  const received = (JSON.parse(JSON.stringify(rows)) as SoftwareRow[]).map((row) => ({ ...emptySoftwareEntry(source), ...row }));
  const entries = received.map((e) => cleanEntry(e).entry).filter((e) => e !== null);
  return createHash("sha256").update(sourceDigestText(entries)).digest("hex");
}

const text = fc.oneof(
  fc.constantFrom("", "a", "b", " ", "x".repeat(300), "x\u0000y", "\ud800", "é", "é".repeat(255)),
  fc.string({ unit: "binary", maxLength: 20 }),
);
const entries = fc.array(
  fc.record({
    name: text,
    version: text,
    release: text,
    vendor: text,
    arch: text,
    installed_paths: fc.array(text, { maxLength: 150 }),
  }),
  { maxLength: 8 },
);

describe("the digest", () => {
  test("is the one the server computes from the rows, whatever a collector found", () => {
    fc.assert(
      fc.property(entries, (found) => {
        const rows = cleanRows(found.map((fields) => entry({ ...fields, facts: { origin: fields.vendor, epoch: "" } })));
        expect(serverDigest("deb_packages", rows.map(wireRow))).toBe(sourceDigest(rows));
      }),
    );
  });

  test("does not depend on the order in which a directory was read", () => {
    const found = [entry({ installed_paths: ["/b"] }), entry({ name: "z" }), entry({ installed_paths: ["/a"] })];
    expect(sourceDigest(cleanRows(found))).toBe(sourceDigest(cleanRows(found.toReversed())));
  });

  test("of one package for two architectures is that of one row", () => {
    const rows = cleanRows([entry({ facts: { source_package: "s" } }), entry({ facts: { source_package: "s" } })]);
    expect(rows).toHaveLength(1);
  });

  test("stays that of the server when merging makes more paths than a row may keep", () => {
    const found = Array.from({ length: 150 }, (_, i) => entry({ installed_paths: [`/p/${i}`] }));
    const rows = cleanRows(found);
    expect(rows[0]?.installed_paths).toHaveLength(100);
    expect(serverDigest("deb_packages", rows.map(wireRow))).toBe(sourceDigest(rows));
  });
});

describe("wireRow", () => {
  test("leaves out what is empty", () => {
    expect(wireRow(entry({ arch: "x86_64", facts: { epoch: "1" } }))).toEqual({
      name: "a",
      version: "1",
      arch: "x86_64",
      facts: { epoch: "1" },
    });
    expect(wireRow(entry({ version: "" }))).toEqual({ name: "a" });
  });
});

function collecting(collect: (signal: AbortSignal) => Promise<Collected>, limits: Partial<SourceLimits> = {}): Source {
  return {
    source: "deb_packages",
    collect: (context) => collect(context.signal),
    limits: { ...LIMITS_DEFAULT, ...limits },
  };
}

function inventoryOf(...sources: Source[]): Inventory {
  return new Inventory({ sources, root: "", platform: "debian", collector: directCollector(sources), clock });
}

let now: number;
const clock = { now: () => now, sleep: () => Promise.reject(new Error("not used")) };
beforeEach(() => {
  now = 1_000_000;
});

describe("Inventory", () => {
  const running = new AbortController().signal;
  const one = async () => ({ entries: [entry({})], markers: ["/m"] });

  test("lets go of rows and reads them again when they are wanted", async () => {
    let collections = 0;
    const inventory = inventoryOf(
      collecting(async () => ({ entries: [entry({ version: String(++collections) })], markers: ["/m"] })),
    );
    await inventory.collect(["deb_packages"], running);
    expect((await inventory.rows("deb_packages", running))?.map((row) => row.version)).toEqual(["1"]);
    inventory.release();
    expect((await inventory.rows("deb_packages", running))?.map((row) => row.version)).toEqual(["2"]);
    expect(await inventory.rows("unknown", running)).toBeNull();
  });

  test("a collector that fails becomes a failure that names the reason, and keeps its markers", async () => {
    let broken = false;
    const inventory = inventoryOf(
      collecting(async () => {
        if (broken) throw new CollectError("malformed", "It is damaged.");
        return { entries: [entry({})], markers: ["/m"] };
      }),
    );
    await inventory.collect(["deb_packages"], running);
    broken = true;
    await inventory.collect(["deb_packages"], running);
    expect(inventory.states()).toEqual([
      { source: "deb_packages", digest: null, failure: "malformed: It is damaged.", rows: 0, markers: ["/m"] },
    ]);
    expect(await inventory.rows("deb_packages", running)).toBeNull();
  });

  test("a collector that hangs is left behind", async () => {
    const inventory = inventoryOf(collecting(() => new Promise(() => {}), { timeout_seconds: 0.02 }));
    await inventory.collect(["deb_packages"], running);
    expect(inventory.states()[0]?.failure).toBe("timeout: The collector did not finish within 0.02 s.");
  });

  test("more rows or text than the source may have is a failure, not a part of the list", async () => {
    const many = async () => ({ entries: [entry({ name: "a" }), entry({ name: "b".repeat(200) })], markers: [] });
    const rows = inventoryOf(collecting(many, { rows_max: 1 }));
    await rows.collect(["deb_packages"], running);
    expect(rows.states()[0]).toMatchObject({ digest: null, failure: "too_large: More than 1 packages were found." });
    const bytes = inventoryOf(collecting(many, { output_bytes_max: 202 }));
    await bytes.collect(["deb_packages"], running);
    expect(bytes.states()[0]?.failure).toBe("too_large: What was found is more than 202 bytes.");
    const enough = inventoryOf(collecting(many, { rows_max: 2, output_bytes_max: 203 }));
    await enough.collect(["deb_packages"], running);
    expect(enough.states()[0]).toMatchObject({ rows: 2, failure: null });
  });

  test("ends with the agent", async () => {
    const stop = new AbortController();
    const inventory = inventoryOf(collecting(() => new Promise(() => {})));
    const pending = inventory.collect(["deb_packages"], stop.signal);
    stop.abort();
    await expect(pending).rejects.toThrow("aborted");
    expect(inventory.states()).toEqual([]);
  });

  test("a source without an interval is due with every full report, one with an interval when that is over", async () => {
    const seldom = { ...collecting(one, { interval_seconds: 1000 }), source: "npm_packages" };
    const inventory = inventoryOf(collecting(one), seldom);
    expect(inventory.due(false)).toEqual(["deb_packages", "npm_packages"]);
    expect(inventory.untilDue()).toBe(0);
    await inventory.collect(["deb_packages", "npm_packages"], running);
    expect(inventory.due(false)).toEqual([]);
    expect(inventory.due(true)).toEqual(["deb_packages"]);
    expect(inventory.untilDue()).toBe(1_000_000);
    now += 900_000;
    expect(inventory.due(false)).toEqual([]);
    expect(inventory.due(true)).toEqual(["deb_packages", "npm_packages"]);
    now += 100_000;
    expect(inventory.due(false)).toEqual(["npm_packages"]);
  });

  test("a source that failed is tried again within the hour, however seldom it is collected", async () => {
    const broken = () => Promise.reject(new CollectError("unreadable", "It is gone."));
    const inventory = inventoryOf(collecting(broken, { interval_seconds: 86_400 }));
    await inventory.collect(["deb_packages"], running);
    expect(inventory.untilDue()).toBe(3_600_000);
  });

  test("settings hold at once: what is off is forgotten, what changed is due, the rest stays as it is", async () => {
    const inventory = inventoryOf(collecting(one), { ...collecting(one), source: "npm_packages" });
    await inventory.collect(["deb_packages", "npm_packages"], running);
    inventory.configure({ sources: { deb_packages: { enabled: false }, go_binaries: { enabled: false } } });
    expect(inventory.states().map((state) => state.source)).toEqual(["npm_packages"]);
    expect(inventory.due(false)).toEqual([]);
    expect(await inventory.rows("deb_packages", running)).toBeNull();
    inventory.configure({ sources: { npm_packages: { roots: ["/srv"], interval_seconds: 60 } } });
    expect(inventory.due(false)).toEqual(["deb_packages", "npm_packages"]);
    await inventory.collect(["deb_packages", "npm_packages"], running);
    inventory.configure({ sources: { npm_packages: { interval_seconds: 60, roots: ["/srv"] } } });
    expect(inventory.due(false)).toEqual([]);
    expect(inventory.untilDue()).toBe(60_000);
  });

  test("what was collected by settings that changed meanwhile is not kept", async () => {
    const begun = Promise.withResolvers<void>();
    const inventory = inventoryOf(
      collecting(async () => {
        await begun.promise;
        return one();
      }),
    );
    const pending = inventory.collect(["deb_packages"], running);
    inventory.configure({ sources: { deb_packages: { enabled: false } } });
    begun.resolve();
    await pending;
    expect(inventory.states()).toEqual([]);
  });
});
