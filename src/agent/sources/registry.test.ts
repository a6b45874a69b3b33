import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MUSTER_AGENT_SOURCES, SOURCES } from "#domain/software/sources.ts";
import { loadRegistry } from "./registries.ts";
import { LIMITS_DEFAULT } from "./source.ts";

const FOLDERS = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);
const REGISTRIES = {
  linux: await loadRegistry("linux"),
  darwin: await loadRegistry("darwin"),
  windows: await loadRegistry("windows"),
};
const ALL = Object.values(REGISTRIES).flatMap((sources) => sources.map(({ source }) => source));

describe("the registries of sources", () => {
  test("together have exactly the sources that have a folder", () => {
    expect([...new Set(ALL)].toSorted()).toEqual(FOLDERS.toSorted());
  });

  test("are what the server expects of Muster's agent on each platform", () => {
    const sorted = (names: readonly string[]) => names.toSorted();
    for (const [platform, sources] of Object.entries(REGISTRIES))
      expect(sorted(sources.map(({ source }) => source))).toEqual(
        sorted(MUSTER_AGENT_SOURCES[platform as keyof typeof REGISTRIES]),
      );
  });

  test.each(Object.entries(REGISTRIES))(
    "%s: each source is there once and the domain has it for this platform",
    (platform, sources) => {
      const names = sources.map(({ source }) => source);
      expect(names).toEqual([...new Set(names)]);
      const described = SOURCES.filter(({ platforms }) => platforms.some((one) => one === platform)).map(({ source }) => source);
      expect(names.filter((name) => !described.includes(name))).toEqual([]);
    },
  );

  test("limits are such as collection settings may set", () => {
    const limits = Object.values(REGISTRIES).flatMap((sources) => sources.map((source) => source.limits ?? LIMITS_DEFAULT));
    const outside = limits.filter(
      ({ interval_seconds, timeout_seconds, memory_bytes_max, rows_max }) =>
        (interval_seconds !== 0 && interval_seconds < 60) ||
        interval_seconds > 604_800 ||
        timeout_seconds > 600 ||
        memory_bytes_max > 1_073_741_824 ||
        rows_max > 50_000,
    );
    expect(outside).toEqual([]);
  });

  test.each(FOLDERS)("%s has the files every source has", (folder) => {
    const files = readdirSync(join(import.meta.dirname, folder));
    expect(files).toEqual(expect.arrayContaining(["parse.ts", "parse.test.ts", "samples"]));
    expect(files.some((file) => /^collect(?:\.(?:linux|darwin|windows))?\.ts$/.test(file))).toBe(true);
    expect(existsSync(join(import.meta.dirname, folder, "samples/README.md"))).toBe(true);
  });
});
