import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sourceDigestText } from "#domain/inventory/digest.ts";
import { cleanEntry } from "#domain/software/hygiene.ts";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareRow } from "#protocol/agent/messages.ts";
import { cleanRows, Inventory, sourceDigest, wireRow } from "./inventory.ts";
import { CollectError } from "./sources/source.ts";
import type { Collected, Source } from "./sources/source.ts";

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

function collecting(collect: (signal: AbortSignal) => Promise<Collected>): Source {
  return { source: "deb_packages", collect: (context) => collect(context.signal) };
}

describe("Inventory", () => {
  const running = new AbortController().signal;

  test("lets go of rows and reads them again when they are wanted", async () => {
    let collections = 0;
    const collect = async () => ({ entries: [entry({ version: String(++collections) })], markers: ["/m"] });
    const inventory = new Inventory({ sources: [collecting(collect)], root: "", platform: "debian" });
    await inventory.collect(["deb_packages"], running);
    expect((await inventory.rows("deb_packages", running))?.map((row) => row.version)).toEqual(["1"]);
    inventory.release();
    expect((await inventory.rows("deb_packages", running))?.map((row) => row.version)).toEqual(["2"]);
    expect(await inventory.rows("unknown", running)).toBeNull();
  });

  test("a collector that fails becomes a failure that names the reason, and keeps its markers", async () => {
    let broken = false;
    const collect = async () => {
      if (broken) throw new CollectError("malformed", "It is damaged.");
      return { entries: [entry({})], markers: ["/m"] };
    };
    const inventory = new Inventory({ sources: [collecting(collect)], root: "", platform: "debian" });
    await inventory.collect(["deb_packages"], running);
    broken = true;
    await inventory.collect(["deb_packages"], running);
    expect(inventory.states()).toEqual([
      { source: "deb_packages", digest: null, failure: "malformed: It is damaged.", rows: 0, markers: ["/m"] },
    ]);
    expect(await inventory.rows("deb_packages", running)).toBeNull();
  });

  test("a collector that hangs is left behind", async () => {
    const hang = collecting(() => new Promise(() => {}));
    const inventory = new Inventory({ sources: [hang], root: "", platform: "debian", timeoutMs: 20 });
    await inventory.collect(["deb_packages"], running);
    expect(inventory.states()[0]?.failure).toContain("timeout: ");
  });

  test("ends with the agent", async () => {
    const stop = new AbortController();
    const inventory = new Inventory({ sources: [collecting(() => new Promise(() => {}))], root: "", platform: "debian" });
    const pending = inventory.collect(["deb_packages"], stop.signal);
    stop.abort();
    await expect(pending).rejects.toThrow("aborted");
    expect(inventory.states()).toEqual([]);
  });
});
