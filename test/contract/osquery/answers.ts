import { platformFamily } from "#domain/software/sources.ts";
import { queriesOf } from "#server/agents/osquery/queries/batch.ts";
import { Engine } from "../../support/simulated-osquery/engine.ts";
import { hostRows } from "../../support/simulated-osquery/host-tables.ts";
import type { Image } from "../../support/simulated-osquery/images.ts";
import { tablesOf } from "../../support/simulated-osquery/schema.ts";

/** Runs what an agent of this version would be handed, and gives what it would write and what failed. */
export function answers(image: Image, version: string, fleetd: boolean) {
  const family = platformFamily(image.host.platform) ?? "linux";
  const tables = tablesOf(family, version, fleetd);
  const engine = new Engine(tables, hostRows(image, family, version, tables));
  const queries: Record<string, unknown> = {};
  const failures: string[] = [];
  for (const query of queriesOf(family, { osquery_version: version, muster_reports: false })) {
    const discovery = engine.run(query.discovery ?? "SELECT 1");
    if (!discovery.ok) failures.push(`discovery of ${query.name}: ${discovery.error}`);
    if (!discovery.ok || discovery.rows === 0) continue;
    const result = engine.run(query.sql);
    if (result.ok) queries[query.name] = JSON.parse(result.json);
    else failures.push(`${query.name}: ${result.error}`);
  }
  return { queries, failures };
}
