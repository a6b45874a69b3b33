import { expect, test } from "vitest";
import { ALL_QUERIES } from "#server/agents/osquery/queries/all.ts";
import { writeResults } from "#server/agents/osquery/translate/results.ts";
import { softwareReports } from "#server/agents/osquery/translate/software.ts";
import {
  fixtureImage,
  fixtureImageNames,
  HAS_SHARED_IMAGES,
  type Image,
  SHARED_IMAGES_MISSING,
  sharedImage,
  sharedImageNames,
} from "../../support/simulated-osquery/images.ts";
import { answers } from "./answers.ts";
import { entryLine, expectedSoftware } from "./expected-software.ts";

/** Agents before and after every change of a table that Muster's queries know of, without and with Fleet's extension. */
const AGENTS = ["5.0.1", "5.14.1", "5.15.0", "5.16.0", "5.17.0", "5.23.0"].flatMap((v) => [
  [v, false] as const,
  [v, true] as const,
]);
const TYPICAL_AGENTS = [["5.14.1", false] as const, ["5.23.0", true] as const];

/** What each of the agents would make arrive of an image, and what should. */
function arrivals(image: Image, agents: readonly (readonly [version: string, fleetd: boolean])[]) {
  const expected = expectedSoftware(image);
  return agents.map(([version, fleetd]) => {
    const { queries, failures } = answers(image, version, fleetd);
    const { results, unknown } = writeResults({ queries });
    const reports = softwareReports(results, image.host.platform);
    const arrived = reports.flatMap((r) => (r.ok ? r.entries.map(entryLine) : [`${r.source} failed: ${r.error}`])).toSorted();
    return { failures, unknown, arrived, expected: expected.map((line) => withoutNewer(line, version)).toSorted() };
  });
}

/** What an older agent cannot report: the edition of a VS Code extension. */
function withoutNewer(line: string, version: string): string {
  return version < "5.15.0" && line.startsWith("vscode_extensions") ? line.replace(" | vscode | ", " |  | ") : line;
}

test.each(fixtureImageNames())("every query runs and all software of %s arrives", (name) => {
  for (const { failures, unknown, arrived, expected } of arrivals(fixtureImage(name), AGENTS)) {
    expect({ failures, unknown }).toEqual({ failures: [], unknown: 0 });
    expect(arrived).toEqual(expected);
  }
});

test.skipIf(!HAS_SHARED_IMAGES).each(HAS_SHARED_IMAGES ? sharedImageNames() : [SHARED_IMAGES_MISSING])(
  "every query runs and all software of %s arrives (shared image)",
  (name) => {
    for (const { failures, unknown, arrived, expected } of arrivals(sharedImage(name), TYPICAL_AGENTS)) {
      expect({ failures, unknown }).toEqual({ failures: [], unknown: 0 });
      expect(arrived).toEqual(expected);
    }
  },
);

test("no name or statement is empty, and names are unique: an agent would ask for the batch again for ever", () => {
  expect(new Set(ALL_QUERIES.map((q) => q.name)).size).toBe(ALL_QUERIES.length);
  for (const query of ALL_QUERIES) {
    expect(query.name).toMatch(/^muster_(detail_query|software)_\w+$/);
    expect(query.sql.trim()).not.toBe("");
    expect(query.discovery?.trim()).not.toBe("");
  }
});
