import { describe, expect, test } from "vitest";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import { osScope, scopeOfSource } from "#domain/vulnerability/identity/os-scope.ts";
import { resolveIdentity } from "#domain/vulnerability/identity/resolve-identity.ts";
import { ENTRY_MAKERS } from "#server/agents/osquery/translate/entries.ts";
import { shippedCatalogue } from "#test/support/product-catalogue.ts";
import {
  HAS_SHARED_IMAGES,
  sharedImage,
  SHARED_IMAGES_MISSING,
  sharedImageNames,
} from "#test/support/simulated-osquery/images.ts";

const catalogue = shippedCatalogue();
const MAKERS = new Map([...ENTRY_MAKERS.values()].map((maker) => [maker.source, maker]));

interface Figures {
  rows: number;
  assessed: number;
  not_assessed: number;
  unidentified: number;
}

/** How many rows of an image, of all sources, have which status; rows without a name are no software. */
function figuresOf(name: string): Figures {
  const { host, tables } = sharedImage(name);
  const [os = {}] = host.os_version;
  const scope = osScope({ platform: host.platform, name: os["name"] ?? "", version: os["version"] ?? "" });
  const figures: Figures = { rows: 0, assessed: 0, not_assessed: 0, unidentified: 0 };
  for (const [table, rows] of Object.entries(tables)) {
    const maker = MAKERS.get(table);
    if (maker === undefined) continue;
    for (const row of rows) {
      const { facts, ...entry } = { ...emptySoftwareEntry(table), ...maker.entry(row) };
      if (entry.name === "") continue;
      figures.rows++;
      figures[resolveIdentity({ ...entry, ...facts }, scopeOfSource(table, scope), catalogue).status]++;
    }
  }
  return figures;
}

describe.skipIf(!HAS_SHARED_IMAGES)(`rows of the shared images (${SHARED_IMAGES_MISSING})`, () => {
  const figures = new Map(sharedImageNames().map((name) => [name, figuresOf(name)]));

  test("every row is judged by somebody, left out for a reason, or asked about", () => {
    for (const { rows, assessed, not_assessed, unidentified } of figures.values())
      expect(assessed + not_assessed + unidentified).toBe(rows);
    const lines = [...figures].map(
      ([name, f]) => `| ${name} | ${f.rows} | ${f.assessed} | ${f.not_assessed} | ${f.unidentified} |`,
    );
    if (process.env["MUSTER_IDENTITY_FIGURES"] !== undefined) process.stdout.write(`${lines.join("\n")}\n`);
    expect(lines.length).toBeGreaterThanOrEqual(69);
  });

  test("nearly every row of Linux is assessed", () => {
    const linux = [...figures].filter(([name]) => name.startsWith("linux-") && !name.includes("fedora-25"));
    const [all, known] = linux.reduce(([a, k], [, f]) => [a + f.rows, k + f.assessed], [0, 0]);
    expect(known / all).toBeGreaterThan(0.97);
  });

  test("few programs of Windows are open questions", () => {
    const programs = [...figures].filter(([name]) => name.startsWith("windows-") && !/arp|xp/.test(name));
    const [all, open] = programs.reduce(([a, u], [, f]) => [a + f.rows, u + f.unidentified], [0, 0]);
    expect(open / all).toBeLessThan(0.2);
  });
});
