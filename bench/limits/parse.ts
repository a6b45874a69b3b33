import { benchImages } from "../fleet/images.ts";
import { digestWrite } from "../fleet/digest-write.ts";
import { identityOf, Template } from "../fleet/template.ts";
import { AGENT_BODY_BYTES_MAX } from "#domain/core/limits.ts";
import { OsqueryWriteRequest } from "#protocol/osquery/messages.ts";
import { queriesOf } from "#server/agents/osquery/queries/batch.ts";
import { bodyReader } from "#server/agents/json-body.ts";
import { platformFamily } from "#domain/software/sources.ts";

/** What a check-in costs before the database is asked anything, in one thread. */
export interface ParseLimit {
  reports: number;
  rows: number;
  bytes: number;
  seconds: number;
  /** Of these seconds: JSON and schema; translation, cleaning and digests. */
  jsonSeconds: number;
  /** CPU seconds of the process, with the garbage collector's threads. */
  cpu: number;
  digestSeconds: number;
}

/**
 * Runs the server's own pure functions over the bodies of a fleet, nothing else: no socket, no database. Started as a process of its
 * own (`node bench/limits/parse.ts <hosts> <seconds>`), so that nothing else runs in its thread.
 */
export async function measureParsing(hosts: number, seconds: number): Promise<ParseLimit> {
  const bodies = makeBodies(hosts);
  const read = bodyReader(OsqueryWriteRequest, AGENT_BODY_BYTES_MAX);
  const limit: ParseLimit = { reports: 0, rows: 0, bytes: 0, seconds: 0, jsonSeconds: 0, digestSeconds: 0, cpu: 0 };
  // once through everything first, so that the code is compiled
  for (const body of bodies) digestWrite(await read(body));
  const started = performance.now();
  const before = process.cpuUsage();
  while (performance.now() - started < seconds * 1000) {
    for (const body of bodies) {
      const t0 = performance.now();
      const value = await read(body);
      const t1 = performance.now();
      limit.rows += digestWrite(value).rows;
      limit.digestSeconds += (performance.now() - t1) / 1000;
      limit.jsonSeconds += (t1 - t0) / 1000;
      limit.reports++;
      limit.bytes += body.length;
    }
  }
  const used = process.cpuUsage(before);
  limit.cpu = (used.user + used.system) / 1e6;
  limit.seconds = (performance.now() - started) / 1000;
  return limit;
}

function makeBodies(hosts: number): Buffer[] {
  const templates = benchImages().images.map((image) => new Template(image));
  for (const template of templates) {
    const family = platformFamily(template.image.host.platform) ?? "linux";
    const asked = queriesOf(family, { osquery_version: "5.23.0", muster_reports: false });
    template.prepare({
      queries: Object.fromEntries(asked.map((q) => [q.name, q.sql])),
      discovery: Object.fromEntries(asked.map((q) => [q.name, q.discovery ?? "SELECT 1"])),
    });
  }
  return Array.from({ length: hosts }, (_, i) => {
    const template = templates[i % templates.length];
    if (template === undefined) throw new Error("no images");
    return template.writeBody(i, 0, identityOf(`bench-${i}`), "k".repeat(43)).body;
  });
}

if (process.send !== undefined) {
  process.send(await measureParsing(Number(process.argv[2]), Number(process.argv[3])));
  process.disconnect();
}
