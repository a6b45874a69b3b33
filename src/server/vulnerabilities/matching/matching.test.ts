import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { compileCatalogue } from "#domain/vulnerability/identity/catalogue.ts";
import type { AffectedRange } from "#domain/vulnerability/model.ts";
import { createLog } from "#server/observe/log.ts";
import { updateHostDetails } from "#server/devices/update-host-details.ts";
import { entryOf, openInventory, type Inventory } from "#test/support/inventory.ts";
import type { MatchingDeps } from "./deps.ts";
import { matchingSettle } from "./run-matching.ts";

let inventory: Inventory;
let deps: MatchingDeps;

beforeEach(async () => {
  inventory = await openInventory();
  const catalogue = compileCatalogue({ entries: [], vendor_aliases: {}, formulas: {} });
  deps = {
    db: inventory.database.db,
    log: createLog("silent"),
    now: () => new Date(),
    catalogue: async () => ({ catalogue, version: 1 }),
  };
});
afterEach(async () => inventory.database.close());

async function debianHost(version = "12 (bookworm)"): Promise<number> {
  const host = await inventory.newHost();
  await updateHostDetails(deps, host, {
    platform: "debian",
    os_name: "Debian GNU/Linux",
    os_version: version,
    arch: "x86_64",
    kernel_version: "6.1.0-18-amd64",
  });
  return host;
}

const range = (fields: Partial<AffectedRange> & { vulnerability: string }): AffectedRange => ({
  status: "affected",
  provider: "debian-tracker",
  name_kind: "source",
  scheme: "dpkg",
  fix: "fixed",
  ...fields,
});

/** Loads one record, as a feed does. */
async function feed(name: string, ecosystem: string, pkg: string, ranges: AffectedRange[]): Promise<void> {
  const { db } = deps;
  await db.transaction().execute(async (tx) => {
    await sql`INSERT INTO feed_parts (feed, part) VALUES ('debian', 'bookworm') ON CONFLICT DO NOTHING`.execute(tx);
    await sql`DELETE FROM feed_records WHERE name = ${name}`.execute(tx);
    await sql`
      WITH record AS (
        INSERT INTO feed_records (part_id, name, digest, vulnerabilities, facts)
        SELECT id, ${name}, decode(md5(${JSON.stringify(ranges)}), 'hex'), ${ranges.map((r) => r.vulnerability)}::text[],
          ${JSON.stringify({ description: "x", severity: "high" })} FROM feed_parts RETURNING id
      )
      INSERT INTO affected_packages (record_id, ecosystem, package, ranges)
      SELECT id, ${ecosystem}, ${pkg}, ${JSON.stringify(ranges)} FROM record`.execute(tx);
    await sql`INSERT INTO match_queue (ecosystem, package) VALUES (${ecosystem}, ${pkg}) ON CONFLICT DO NOTHING`.execute(tx);
    await sql`INSERT INTO merge_queue (cve) SELECT unnest(${ranges.map((r) => r.vulnerability)}::text[]) ON CONFLICT DO NOTHING`.execute(
      tx,
    );
  });
}

async function findings(): Promise<unknown[]> {
  const { rows } = await sql`
    SELECT s.name, s.version, o.name AS scope, v.cve, f.state, f.resolved_in_version FROM findings f
      JOIN match_subjects m ON m.id = f.subject_id JOIN software s ON s.id = m.software_id
      JOIN os_scopes o ON o.id = m.os_scope_id JOIN vulnerabilities v ON v.id = f.vulnerability_id
    ORDER BY 1, 2, 3, 4`.execute(deps.db);
  return rows;
}

const openssh = entryOf("deb_packages", {
  name: "openssh-server",
  version: "1:9.2p1-2",
  facts: { source_package: "openssh", source_version: "1:9.2p1-2" },
});

describe("matching", () => {
  test("finds what a host's package has, after its check-in and after the feed", async () => {
    await feed("CVE-2024-6387", "deb:debian:12", "openssh", [
      range({ vulnerability: "CVE-2024-6387", fixed: "1:9.2p1-2+deb12u3" }),
    ]);
    const host = await debianHost();
    await inventory.report(host, "deb_packages", [openssh]);
    await matchingSettle(deps);
    const found = [
      {
        name: "openssh-server",
        version: "1:9.2p1-2",
        scope: "debian:12",
        cve: "CVE-2024-6387",
        state: "affected",
        resolved_in_version: "1:9.2p1-2+deb12u3",
      },
    ];
    expect(await findings()).toEqual(found);
    const exposures = await deps.db.selectFrom("vulnerability_exposures").select(["cve", "severity", "hosts_count"]).execute();
    expect(exposures).toEqual([{ cve: "CVE-2024-6387", severity: "high", hosts_count: 1 }]);
  });
});
