import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CURL, KERNEL, LODASH, openAssessedFleet, SSH, type AssessedFleet } from "#test/support/assessed-fleet.ts";
import { checkCyclonedx, checkSpdx } from "#test/support/sbom-schemas.ts";

/** Bills of materials with what their software is vulnerable to, held against the formats' own schemas. */

let fleet: AssessedFleet;

beforeAll(async () => {
  fleet = await openAssessedFleet();
});
afterAll(async () => fleet.close());

interface Bom {
  components: { "bom-ref": string; name: string }[];
  vulnerabilities?: { id: string; analysis: object; affects: { ref: string }[]; ratings?: object[] }[];
}

async function bom(path: string): Promise<Bom> {
  const { status, body } = await fleet.text(path);
  expect(status).toBe(200);
  checkCyclonedx(body);
  return JSON.parse(body) as Bom;
}

test("CycloneDX: valid, each vulnerability with the components that have it; of a host, a label, the fleet", async () => {
  const { db } = fleet.database;
  const { rows } = await sql<{ id: number }>`
    INSERT INTO labels (name, label_membership_type) VALUES ('two', 'manual') RETURNING id`.execute(db);
  await sql`INSERT INTO label_membership (label_id, host_id) VALUES (${rows[0]?.id}, ${fleet.hosts.two})`.execute(db);
  const host = await bom(`/hosts/${fleet.hosts.one}/sbom`);
  expect(host.vulnerabilities?.map(({ id }) => id)).toEqual([LODASH, CURL, KERNEL, SSH]);
  const names = new Map(host.components.map((one) => [one["bom-ref"], one.name]));
  expect(host.vulnerabilities?.map(({ affects }) => affects.map(({ ref }) => names.get(ref)))).toEqual([
    ["lodash"],
    ["curl"],
    ["linux-image-6.1.0-17-amd64"],
    ["openssh-server"],
  ]);
  expect(host.vulnerabilities?.[3]).toMatchObject({
    source: { name: "NVD", url: "https://nvd.nist.gov/vuln/detail/CVE-2024-6387" },
    ratings: [{ source: { name: "NVD" }, score: 8.1, severity: "high", method: "CVSSv31" }],
    recommendation: "Update to 1:9.2p1-2+deb12u3 or later.",
    analysis: { state: "in_triage", response: ["update"] },
  });
  expect((await bom("/sbom")).vulnerabilities?.map(({ id }) => id)).toEqual([LODASH, CURL, KERNEL, SSH]);
  expect((await bom(`/labels/${rows[0]?.id}/sbom`)).vulnerabilities?.map(({ id }) => id)).toEqual([LODASH, CURL]);
  expect(await bom(`/hosts/${fleet.hosts.one}/sbom?vulnerabilities=false`)).not.toHaveProperty("vulnerabilities");
});

test("SPDX: valid, each vulnerability an annotation that names its packages", async () => {
  const { body } = await fleet.text(`/hosts/${fleet.hosts.one}/sbom?format=spdx`);
  checkSpdx(body);
  const { annotations } = JSON.parse(body) as { annotations: { comment: string }[] };
  expect(annotations.map(({ comment }) => comment.split(" ")[0])).toEqual([LODASH, CURL, KERNEL, SSH]);
  expect(annotations[3]?.comment).toMatch(/: affected, fixed in 1:9\.2p1-2\+deb12u3; in SPDXRef-Package-[0-9a-f]+$/);
});
