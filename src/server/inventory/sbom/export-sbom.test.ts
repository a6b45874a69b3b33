import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openInventory, type Inventory } from "#test/support/inventory.ts";
import { checkCyclonedx, checkSpdx, softwareOf } from "#test/support/sbom-schemas.ts";
import {
  HAS_SHARED_IMAGES,
  sharedImage,
  sharedImageNames,
  SHARED_IMAGES_MISSING,
} from "#test/support/simulated-osquery/images.ts";
import { softwareReports } from "../../agents/osquery/translate/software.ts";
import { ingestReport } from "../ingest-report.ts";
import { exportSbom, type SbomFormat } from "./export-sbom.ts";
import type { SbomScope } from "./sbom-store.ts";

let inventory: Inventory;
beforeAll(async () => {
  inventory = await openInventory();
});
afterAll(() => inventory.database.close());

async function document(scope: SbomScope, format: SbomFormat): Promise<string> {
  const { chunks } = await exportSbom({ db: inventory.deps.db, now: () => new Date() }, scope, format);
  let text = "";
  for await (const chunk of chunks) text += chunk;
  return text;
}

/** A host with what an image of a device holds. */
async function hostOf(name: string): Promise<number> {
  const { host, tables } = sharedImage(name);
  const { db } = inventory.deps;
  const version = host.os_version[0]?.["version"] ?? "";
  const { id } = await db
    .insertInto("hosts")
    .values({ hostname: name, platform: host.platform, os_version: version })
    .returning("id")
    .executeTakeFirstOrThrow();
  const results = new Map(
    Object.entries(tables).map(([table, rows]) => [`muster_software_${table}`, { ok: true as const, rows }]),
  );
  await ingestReport(inventory.deps, id, softwareReports(results, host.platform));
  return id;
}

describe.skipIf(!HAS_SHARED_IMAGES)(`the bill of materials of every image of a device (${SHARED_IMAGES_MISSING})`, () => {
  it.each(sharedImageNames())("%s: valid in both formats, all of its software, each with a package URL", async (name) => {
    const id = await hostOf(name);
    const software = softwareOf(checkCyclonedx(await document({ kind: "host", id }, "cyclonedx")));
    const { packages } = checkSpdx(await document({ kind: "host", id }, "spdx"));
    const { software_count } = await inventory.deps.db
      .selectFrom("hosts")
      .select("software_count")
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    expect(software).toHaveLength(software_count);
    expect(software.filter(({ purl }) => purl === undefined)).toEqual([]);
    expect(packages.slice(1).map((one) => one.externalRefs?.[0]?.referenceLocator)).toEqual(software.map(({ purl }) => purl));
  });

  it("and of all of them together: each software once, in both formats", async () => {
    const held = await inventory.deps.db
      .selectFrom("host_software")
      .select((eb) => eb.fn.count<number>("software_id").distinct().as("count"))
      .executeTakeFirstOrThrow();
    const { components } = checkCyclonedx(await document({ kind: "fleet" }, "cyclonedx"));
    expect(components).toHaveLength(held.count);
    expect(checkSpdx(await document({ kind: "fleet" }, "spdx")).packages).toHaveLength(held.count + 1);
  });
});
