import { createHash } from "node:crypto";
import type { TableRow } from "#test/support/simulated-osquery/images.ts";
import { MARKERS } from "#test/support/simulated-osquery/host-tables.ts";
import { createWire } from "#test/support/simulated-osquery/wire.ts";
import type { Reply } from "#test/support/simulated-osquery/wire.ts";
import { writeBody } from "../model/library.ts";
import type { QueryRows } from "../model/library.ts";
import { CUT_HEADER } from "./cut-proxy.ts";
import { simulatedHost } from "#test/support/simulated-host.ts";
import { NotAnswered } from "./muster-device.ts";

/** A device with osquery, as the network sees it; what it answers is given, not queried. */
export class OsqueryDevice {
  nodeKey: string | null = null;
  loseAnswerOf: string | null = null;
  readonly hostname: string;
  readonly #secret: string;
  readonly #identity: Record<keyof typeof MARKERS, string>;

  constructor(hostname: string, enrollSecret: string) {
    this.hostname = hostname;
    this.#secret = enrollSecret;
    const { uuid, hardware_serial } = simulatedHost(hostname, "");
    const instance = createHash("sha256").update(`instance ${hostname}`).digest("hex").slice(0, 32);
    this.#identity = { hostname, uuid, serial: hardware_serial, instance };
  }

  async enroll(server: string, rows: QueryRows): Promise<void> {
    const first = (name: string): TableRow | undefined => rows.get(`muster_detail_query_${name}`)?.[0];
    const reply = await this.#call(server, "enroll", {
      enroll_secret: this.#secret,
      host_identifier: this.#identity.uuid,
      platform_type: "9",
      host_details: { os_version: first("os_version"), system_info: first("system_info"), osquery_info: first("osquery_info") },
    });
    this.nodeKey = String(reply.body["node_key"]);
  }

  /** Asks what to do and writes all results. @throws {NotAnswered} unless the write was acknowledged. */
  async report(server: string, rows: QueryRows, failed: ReadonlySet<string>): Promise<void> {
    if (this.nodeKey === null) await this.enroll(server, rows);
    await this.#call(server, "distributed/read", { node_key: this.nodeKey });
    await this.write(server, rows, failed);
  }

  async write(server: string, rows: QueryRows, failed: ReadonlySet<string>): Promise<void> {
    await this.#call(server, "distributed/write", { node_key: this.nodeKey, ...writeBody(rows, failed) });
  }

  /** Rows as this device says them. */
  personal(rows: QueryRows): QueryRows {
    let text = JSON.stringify([...rows]);
    for (const name of ["hostname", "uuid", "serial", "instance"] as const)
      text = text.replaceAll(MARKERS[name], this.#identity[name]);
    return new Map(JSON.parse(text) as [string, TableRow[]][]);
  }

  async #call(server: string, endpoint: string, body: object): Promise<Reply> {
    const wire = createWire({
      serverUrl: server,
      prefix: "/api/osquery",
      userAgent: "osquery/5.23.0",
      contentType: "application/json",
      timeoutMs: 30_000,
    });
    // the wire knows no other headers; a proxy that looks for the word finds it in the body as well
    const marked = this.loseAnswerOf === endpoint ? { ...body, [CUT_HEADER]: "1" } : body;
    if (marked !== body) this.loseAnswerOf = null;
    try {
      const reply = await wire.post(endpoint, JSON.stringify(marked));
      if (reply.nodeInvalid) this.nodeKey = null;
      if (reply.failed) throw new NotAnswered(endpoint, reply.status, JSON.stringify(reply.body));
      return reply;
    } finally {
      wire.close();
    }
  }
}
