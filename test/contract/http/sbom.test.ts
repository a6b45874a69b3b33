import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkCyclonedx, checkSpdx, softwareOf } from "#test/support/sbom-schemas.ts";
import { testServer } from "#test/support/server.ts";
import type { TestServer } from "#test/support/server.ts";
import { simulatedDevice } from "#test/support/simulated-osquery/device.ts";
import { fixtureImage, fixtureImageNames } from "#test/support/simulated-osquery/images.ts";

let server: TestServer;
const hosts = new Map<string, number>();
const images = fixtureImageNames().map((name) => fixtureImage(name));

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
});
afterAll(() => server.stop());

async function get(path: string): Promise<string> {
  const answer = await fetch(`${server.url}/api/latest/fleet${path}`, { headers: { authorization: `Bearer ${server.token}` } });
  const text = await answer.text();
  expect([answer.status, answer.status === 200 ? "" : text]).toEqual([200, ""]);
  return text;
}

describe("a host's bill of materials", () => {
  it.each(images.map((image) => image.name))(
    "%s: valid in both formats, all of its software, each with a package URL",
    async (name) => {
      const id = hosts.get(name);
      expect(id).toBeDefined();
      const cyclonedx = checkCyclonedx(await get(`/hosts/${id}/sbom`));
      const spdx = checkSpdx(await get(`/hosts/${id}/sbom?format=spdx`));
      const software = softwareOf(cyclonedx);
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
    expect(softwareOf(checkCyclonedx(await get(`/hosts/${first}/sbom?as_of=2020-01-01T00:00:00Z`)))).toEqual([]);
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
    const of = (text: string) => softwareOf(checkCyclonedx(text)).map((one) => one["bom-ref"]);
    expect(of(await get(`/labels/${id}/sbom`))).toEqual(of(await get(`/hosts/${first}/sbom`)));
    const past = `/labels/${id}/sbom?as_of=${new Date().toISOString()}`;
    expect(checkCyclonedx(await get(past)).metadata.properties?.[0]?.value).toContain("the label's present devices");
    expect(checkSpdx(await get(`${past}&format=spdx`)).creationInfo.comment).toContain("the label's present devices");
    expect(checkCyclonedx(await get(`/labels/${id}/sbom`)).metadata.properties).toBeUndefined();
    const answer = await fetch(`${server.url}/api/latest/fleet/labels/999999/sbom`, {
      headers: { authorization: `Bearer ${server.token}` },
    });
    expect(answer.status).toBe(404);
  });
});
