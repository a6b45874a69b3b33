import { expect, test } from "vitest";
import type { OsqueryWriteRequest } from "#protocol/osquery/messages.ts";
import { queriesOf } from "#server/agents/osquery/queries/batch.ts";
import { fixtureImage } from "#test/support/simulated-osquery/images.ts";
import { digestWrite, expectedSoftware } from "./digest-write.ts";
import { seeded } from "./random.ts";
import { identityOf, Template } from "./template.ts";

function prepared(): Template {
  const template = new Template(fixtureImage("linux-debian-9-osquery"));
  const asked = queriesOf("linux", { osquery_version: "5.23.0", muster_reports: false });
  template.prepare({
    queries: Object.fromEntries(asked.map((q) => [q.name, q.sql])),
    discovery: Object.fromEntries(asked.map((q) => [q.name, q.discovery ?? "SELECT 1"])),
  });
  return template;
}

function write(template: Template, host: number, generation: number) {
  const made = template.writeBody(host, generation, identityOf(`host-${host}`), "key");
  const parsed = JSON.parse(made.body.toString()) as OsqueryWriteRequest;
  return { ...made, report: digestWrite(parsed) };
}

const debs = (report: ReturnType<typeof write>["report"]) => report.sources.find((s) => s.source === "deb_packages");

test("a host sends its image's software, a few rows of it missing or of another version, the same in every run", () => {
  const template = prepared();
  const one = write(template, 1, 0);
  expect(template.rowCount).toBe(84);
  expect(one.rows).toBeGreaterThan(75);
  expect(expectedSoftware(one.body)).toBe(one.rows);
  expect(write(template, 1, 0).body).toEqual(one.body);
  const digests = new Set([1, 2, 3, 4, 5, 6].map((host) => debs(write(template, host, 0).report)?.digest.toString("hex")));
  expect(digests.size).toBeGreaterThan(3);
});

test("a generation changes the versions of 1 % of the rows, at least one, and keeps what earlier ones changed", () => {
  const template = prepared();
  const versions = (generation: number) =>
    new Map(debs(write(template, 7, generation).report)?.entries.map((entry) => [entry.name, entry.version]));
  for (const generation of [1, 2, 3]) {
    const [before, after] = [versions(generation - 1), versions(generation)];
    const changed = [...after].filter(([name, version]) => before.get(name) !== version);
    expect(changed).toHaveLength(write(template, 7, generation).changed);
    expect(changed.length).toBeLessThanOrEqual(1);
    for (const [, version] of changed) expect(version).toMatch(new RegExp(`\\+u${generation}$`));
  }
});

test("a host's own values stand where the image has marks", () => {
  const { body } = write(prepared(), 3, 0);
  expect(body.toString()).toContain("host-3");
  expect(body.toString()).not.toContain("@@");
});

test("seeded numbers are stable and spread", () => {
  expect(seeded(1, 2)).toBe(seeded(1, 2));
  const buckets = new Set(Array.from({ length: 100 }, (_, i) => seeded(i, 5) % 10));
  expect(buckets.size).toBe(10);
});
