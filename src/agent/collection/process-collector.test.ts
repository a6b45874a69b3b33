import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LIMITS_DEFAULT } from "../sources/source.ts";
import type { SourceLimits } from "../sources/source.ts";
import type { Collector } from "./collector.ts";
import { ProcessCollector } from "./process-collector.ts";

/** Limits enforced from outside, on processes that do what they should not. */

const HOSTILE = new URL("../../../test/support/hostile-collector.ts", import.meta.url);
const LEAST_MEMORY = 16 * 1024 * 1024;
const going = new AbortController().signal;
let collector: Collector;
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "muster-collector-"));
  collector = new ProcessCollector("linux", HOSTILE);
});
afterEach(() => {
  collector.close();
  rmSync(root, { recursive: true, force: true });
});

function job(source: string, limits: Partial<SourceLimits> = {}) {
  return { source, root, platform: "debian", roots: [], limits: { ...LIMITS_DEFAULT, ...limits } };
}

describe("a collector that goes beyond its limits", () => {
  test("is killed when it does not end in time, and the next job has a new process", async () => {
    const result = await collector.collect(job("loop", { timeout_seconds: 0.1 }), going);
    expect(result).toEqual({ ok: false, failure: "timeout: The collector did not finish within 0.1 s." });
    expect(await collector.collect(job("answer"), going)).toMatchObject({ ok: true });
  });

  test.each(["heap", "buffers"])(
    "fails when it takes too much memory: %s",
    async (doing) => {
      const result = await collector.collect(job(doing, { memory_bytes_max: LEAST_MEMORY }), going);
      expect(result).toEqual({ ok: false, failure: "memory: The collector needed more than 16777216 bytes of memory." });
    },
    20_000,
  );

  test("that ends in the middle is a failure that says so", async () => {
    const result = await collector.collect(job("exit"), going);
    expect(result).toEqual({ ok: false, failure: "program_failed: The collector's process ended with 3: " });
  });

  test("gets nothing secret of the agent's environment", async () => {
    process.env["MUSTER_ENROLL_SECRET"] = "secret";
    const result = await collector.collect(job("answer"), going).finally(() => delete process.env["MUSTER_ENROLL_SECRET"]);
    const names = result.ok ? result.markers : [];
    expect(names).toContain("HOME");
    expect(names.filter((name) => name.startsWith("MUSTER"))).toEqual([]);
  });
});

describe("the agent's own collector", () => {
  beforeEach(() => {
    collector.close();
    collector = new ProcessCollector("linux");
  });

  test("brings rows and their digest, and ends with the agent", async () => {
    mkdirSync(join(root, "var/lib/dpkg"), { recursive: true });
    const stanza = "Package: bash\nStatus: install ok installed\nVersion: 5.2\nArchitecture: amd64\n";
    writeFileSync(join(root, "var/lib/dpkg/status"), stanza);
    const result = await collector.collect(job("deb_packages"), going);
    expect(result.ok && result.rows.map(({ name, version }) => [name, version])).toEqual([["bash", "5.2"]]);
    expect(result.ok && result.digest).toMatch(/^[0-9a-f]{64}$/);
    const stop = new AbortController();
    const pending = collector.collect(job("deb_packages"), stop.signal);
    stop.abort(new Error("the end"));
    await expect(pending).rejects.toThrow("the end");
  });

  test("a package database that does not fit into its memory is a failure", async () => {
    mkdirSync(join(root, "var/lib/dpkg"), { recursive: true });
    const stanza = (i: number) =>
      `Package: p${i}\nStatus: install ok installed\nVersion: ${"1".repeat(200)}\nArchitecture: all\n`;
    writeFileSync(join(root, "var/lib/dpkg/status"), Array.from({ length: 200_000 }, (_, i) => stanza(i)).join("\n"));
    const result = await collector.collect(job("deb_packages", { memory_bytes_max: LEAST_MEMORY }), going);
    expect(result).toMatchObject({ ok: false, failure: expect.stringMatching(/^memory: /) as string });
  }, 20_000);

  test("what is no source is a failure", async () => {
    expect(await collector.collect(job("nonsense"), going)).toEqual({
      ok: false,
      failure: "unreadable: There is no collector for nonsense.",
    });
  });
});
