import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isKnownSource, MUSTER_AGENT_SOURCES } from "#domain/software/sources.ts";
import { COLLECTED_SOURCES } from "./registry.ts";

const FOLDERS = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());

describe("the registry of sources", () => {
  test("has exactly the sources that have a folder, which the domain knows and expects of the agent", () => {
    const sources = COLLECTED_SOURCES.map((source) => source.source);
    expect(sources.toSorted()).toEqual(FOLDERS.map((entry) => entry.name).toSorted());
    expect(sources.filter((source) => !isKnownSource(source))).toEqual([]);
    expect(sources.toSorted()).toEqual([...MUSTER_AGENT_SOURCES].toSorted());
  });

  test.each(FOLDERS.map((entry) => entry.name))("%s has the files every source has", (folder) => {
    const files = readdirSync(join(import.meta.dirname, folder));
    expect(files).toEqual(expect.arrayContaining(["collect.ts", "parse.ts", "parse.test.ts", "samples"]));
  });
});
