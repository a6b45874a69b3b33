import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { PackageURL } from "packageurl-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testServer } from "#test/support/server.ts";
import type { TestServer } from "#test/support/server.ts";
import { simulatedDevice } from "#test/support/simulated-osquery/device.ts";
import {
  fixtureImage,
  fixtureImageNames,
  HAS_SHARED_IMAGES,
  sharedImage,
  sharedImageNames,
} from "#test/support/simulated-osquery/images.ts";
import type { Image } from "#test/support/simulated-osquery/images.ts";
import { SPDX_23 } from "./spdx-schema.ts";

/** CycloneDX's own schemas come with its library (the specification's repository, commit in its README). */
const SCHEMAS = join(dirname(createRequire(import.meta.url).resolve("@cyclonedx/cyclonedx-library/package.json")), "res/schema");
const schema = (name: string): object => JSON.parse(readFileSync(join(SCHEMAS, name), "utf8")) as object;
/** The official schema of SPDX 2.3 is not in any package; with a copy of it, documents are validated against that as well. */
const OFFICIAL_SPDX = process.env["MUSTER_TEST_SPDX_SCHEMA"];

const ajv = new Ajv({ strict: false, allErrors: false });
addFormats.default(ajv);
ajv.addFormat("iri-reference", true);
ajv.addFormat("idn-email", true);
ajv.addSchema(schema("spdx.SNAPSHOT.schema.json"), "http://cyclonedx.org/schema/spdx.SNAPSHOT.schema.json");
ajv.addSchema(schema("jsf-0.82.SNAPSHOT.schema.json"), "http://cyclonedx.org/schema/jsf-0.82.SNAPSHOT.schema.json");
const validCyclonedx = ajv.compile(schema("bom-1.6.SNAPSHOT.schema.json"));
const validSpdx = ajv.compile(SPDX_23);
const validOfficialSpdx =
  OFFICIAL_SPDX === undefined ? null : ajv.compile(JSON.parse(readFileSync(OFFICIAL_SPDX, "utf8")) as object);

interface CyclonedxDocument {
  serialNumber: string;
  metadata: { component: { name: string } };
  components: { "bom-ref": string; type: string; name: string; version?: string; purl?: string }[];
}
interface SpdxDocument {
  documentNamespace: string;
  packages: { SPDXID: string; name: string; externalRefs?: { referenceLocator: string }[] }[];
  relationships: { spdxElementId: string; relationshipType: string; relatedSpdxElement: string }[];
}

let server: TestServer;
const hosts = new Map<string, number>();
const images: Image[] = HAS_SHARED_IMAGES
  ? sharedImageNames().map((name) => sharedImage(name))
  : fixtureImageNames().map((name) => fixtureImage(name));

beforeAll(async () => {
  server = await testServer();
  for (const image of images) {
    const { name } = image;
    const device = simulatedDevice({
      image,
      serverUrl: server.url,
      enrollSecret: server.enrollSecret,
      overrides: { hostname: name },
    });
    await device.enroll();
    await device.poll();
    device.close();
  }
  const { hosts: listed } = await server.client.call(
    { method: "GET", path: "/hosts" } as never,
    { query: { per_page: 1000 } } as never,
  );
  for (const host of listed as { id: number; hostname: string }[]) hosts.set(host.hostname, host.id);
}, 300_000);
afterAll(() => server.stop());

async function get(path: string): Promise<string> {
  const answer = await fetch(`${server.url}/api/latest/fleet${path}`, { headers: { authorization: `Bearer ${server.token}` } });
  const text = await answer.text();
  expect(answer.status, text.slice(0, 500)).toBe(200);
  return text;
}

function checkCyclonedx(text: string): CyclonedxDocument {
  const document = JSON.parse(text) as CyclonedxDocument;
  expect(validCyclonedx(document) || validCyclonedx.errors).toBe(true);
  expect(new Set(document.components.map((component) => component["bom-ref"])).size).toBe(document.components.length);
  for (const { purl } of document.components) {
    if (purl !== undefined) expect(PackageURL.fromString(purl).toString()).toBe(purl);
  }
  return document;
}

function checkSpdx(text: string): SpdxDocument {
  const document = JSON.parse(text) as SpdxDocument;
  expect(validSpdx(document) || validSpdx.errors).toBe(true);
  if (validOfficialSpdx !== null) expect(validOfficialSpdx(document) || validOfficialSpdx.errors).toBe(true);
  const contained = document.relationships
    .filter((one) => one.relationshipType === "CONTAINS")
    .map((one) => one.relatedSpdxElement);
  expect(contained).toEqual(document.packages.slice(1).map((one) => one.SPDXID));
  return document;
}

describe("a host's bill of materials", () => {
  it.each(images.map((image) => image.name))(
    "%s: valid in both formats, all of its software, each with a package URL",
    async (name) => {
      const id = hosts.get(name);
      expect(id).toBeDefined();
      const cyclonedx = checkCyclonedx(await get(`/hosts/${id}/sbom`));
      const spdx = checkSpdx(await get(`/hosts/${id}/sbom?format=spdx`));
      const software = cyclonedx.components.filter((component) => component.type !== "operating-system");
      const { software_count } = await server.db
        .selectFrom("hosts")
        .select("software_count")
        .where("id", "=", id!)
        .executeTakeFirstOrThrow();
      expect(software).toHaveLength(software_count);
      expect(spdx.packages).toHaveLength(software_count + 1);
      expect(software.filter((component) => component.purl === undefined)).toEqual([]);
      expect(spdx.packages.slice(1).map((one) => one.externalRefs?.[0]?.referenceLocator)).toEqual(
        software.map((one) => one.purl),
      );
    },
  );

  it("is the same to the byte when it is asked for again, and another when the software differs", async () => {
    const [first = 0, second = 0] = [...hosts.values()];
    for (const format of ["cyclonedx", "spdx"]) {
      const path = `/hosts/${first}/sbom?format=${format}`;
      const text = await get(path);
      expect(await get(path)).toBe(text);
      expect(await get(`/hosts/${second}/sbom?format=${format}`)).not.toBe(text);
    }
    const serial = async (id: number) => checkCyclonedx(await get(`/hosts/${id}/sbom`)).serialNumber;
    expect(await serial(first)).not.toBe(await serial(second));
  });

  it("as of a moment before anything was reported is empty, and of the future refused", async () => {
    const [first = 0] = [...hosts.values()];
    const { components } = checkCyclonedx(await get(`/hosts/${first}/sbom?as_of=2020-01-01T00:00:00Z`));
    expect(components.filter((component) => component.type !== "operating-system")).toEqual([]);
    const answer = await fetch(`${server.url}/api/latest/fleet/hosts/${first}/sbom?as_of=2999-01-01T00:00:00Z`, {
      headers: { authorization: `Bearer ${server.token}` },
    });
    expect([answer.status, await answer.text()]).toEqual([422, expect.stringContaining("yet to come")]);
  });
});

describe("the fleet's bill of materials", () => {
  it("has every software that some host holds, once, in both formats, now and as of this moment", async () => {
    const { count } = await server.db
      .selectFrom("host_software")
      .select((eb) => eb.fn.count<number>("software_id").distinct().as("count"))
      .executeTakeFirstOrThrow();
    const cyclonedx = checkCyclonedx(await get("/sbom"));
    expect(cyclonedx.components).toHaveLength(count);
    expect(checkSpdx(await get("/sbom?format=spdx")).packages).toHaveLength(count + 1);
    const then = checkCyclonedx(await get(`/sbom?as_of=${new Date().toISOString()}`));
    expect(then.components.map((one) => one["bom-ref"])).toEqual(cyclonedx.components.map((one) => one["bom-ref"]));
  });

  it("names no distribution for what hosts of several hold", async () => {
    const mixed = await server.db
      .selectFrom("host_software as hs")
      .innerJoin("hosts as h", "h.id", "hs.host_id")
      .innerJoin("software as s", "s.id", "hs.software_id")
      .select("s.checksum")
      .where("s.source", "=", "deb_packages")
      .groupBy(["s.id", "s.checksum"])
      .having((eb) => eb(eb.fn.count("h.platform").distinct(), ">", 1))
      .execute();
    const { components } = checkCyclonedx(await get("/sbom"));
    const byRef = new Map(components.map((one) => [one["bom-ref"], one.purl ?? ""]));
    for (const { checksum } of mixed) expect(byRef.get(checksum.toString("hex"))).not.toContain("distro=");
    expect(components.some((one) => one.purl?.startsWith("pkg:") === true)).toBe(true);
  });
});

describe("a label's bill of materials", () => {
  it("is of its hosts alone; an unknown label is not found", async () => {
    const [first = 0] = [...hosts.values()];
    const { id } = await server.db
      .insertInto("labels")
      .values({ name: "only the first", label_membership_type: "manual", criteria: null as never })
      .returning("id")
      .executeTakeFirstOrThrow();
    await server.db.insertInto("label_membership").values({ host_id: first, label_id: id }).execute();
    const of = (text: string) =>
      checkCyclonedx(text)
        .components.filter((one) => one.type !== "operating-system")
        .map((one) => one["bom-ref"]);
    expect(of(await get(`/labels/${id}/sbom`))).toEqual(of(await get(`/hosts/${first}/sbom`)));
    const answer = await fetch(`${server.url}/api/latest/fleet/labels/999999/sbom`, {
      headers: { authorization: `Bearer ${server.token}` },
    });
    expect(answer.status).toBe(404);
  });
});
