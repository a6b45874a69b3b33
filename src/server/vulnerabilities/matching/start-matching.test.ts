import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { entryOf } from "#test/support/inventory.ts";
import { openMatching } from "#test/support/matching.ts";
import { PATIENT } from "#test/support/patience.ts";
import { debRange } from "#test/support/vulnerability-ranges.ts";
import { startMatching } from "./start-matching.ts";

test("a thread finds what a check-in brings while it runs, and ends when it is told to", async () => {
  const fleet = await openMatching();
  const dataDir = await mkdtemp(join(tmpdir(), "muster-matching-"));
  const thread = startMatching({ databaseUrl: fleet.database.url, dataDir, logLevel: "silent" }, fleet.matching.log);
  try {
    await fleet.feed("CVE-2024-1", { "deb:debian:12 curl": [debRange({ vulnerability: "CVE-2024-1", fixed: "8" })] });
    await fleet.report(await fleet.host(), "deb_packages", [entryOf("deb_packages", { name: "curl", version: "7" })]);
    const exposures = async () =>
      await fleet.database.db.selectFrom("vulnerability_exposures").select(["cve", "hosts_count"]).execute();
    await expect.poll(exposures, PATIENT).toEqual([{ cve: "CVE-2024-1", hosts_count: 1 }]);
    expect(await fleet.findings()).toEqual(["deb_packages curl 7 (debian:12): CVE-2024-1 affected 8"]);
  } finally {
    await thread.stop();
    await fleet.database.close();
    await rm(dataDir, { recursive: true });
  }
});
