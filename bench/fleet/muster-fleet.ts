import { simulatedHost } from "#test/support/simulated-host.ts";
import { MUSTER_AGENT_SOURCES, platformFamily } from "#domain/software/sources.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { AGENT_PREFIX, type CheckinRequest, type HostDetails, type SoftwareRow } from "#protocol/agent/messages.ts";
import { expectStatus, parsedAnswer } from "./answers.ts";
import type { Connection } from "./connection.ts";
import { digestWrite } from "./digest-write.ts";
import type { Latencies, Step } from "./load.ts";
import type { Sent } from "./osquery-fleet.ts";
import { type Identity, identityOf, type Template } from "./template.ts";

interface Host {
  index: number;
  identity: Identity;
  template: Template;
  nodeKey: string;
  /** Made with the first check-in, then sent again and again. */
  checkin: Buffer | null;
  /** Rows that the server holds of it. */
  links: number;
}

/** Simulated Linux devices with Muster's own agent: a digest first, rows only when the server wants them. */
export class MusterFleet {
  readonly #hosts: Host[];
  readonly #secret: string;
  #next = 0;

  /** @param templates those that are prepared; Linux ones are used */
  constructor(templates: Template[], count: number, secret: string) {
    const linux = templates.filter((t) => t.isPrepared && platformFamily(t.image.host.platform) === "linux");
    this.#secret = secret;
    this.#hosts = Array.from({ length: count }, (_, index) => {
      const template = linux[index % linux.length];
      if (template === undefined) throw new Error("no prepared Linux image");
      return {
        index: 1_000_000 + index,
        identity: identityOf(`bench-muster-${index}`),
        template,
        nodeKey: "",
        checkin: null,
        links: 0,
      };
    });
  }

  rewind(): void {
    this.#next = 0;
  }

  /** Rows of software that all hosts together have sent. */
  get links(): number {
    return this.#hosts.reduce((sum, host) => sum + host.links, 0);
  }

  #host(once: boolean): Host | null {
    if (once && this.#next >= this.#hosts.length) return null;
    return this.#hosts[this.#next++ % this.#hosts.length] ?? null;
  }

  enroll(latencies: Latencies): Step | null {
    const host = this.#host(true);
    if (host === null) return null;
    const body = json({
      enroll_secret: this.#secret,
      host_identifier: host.identity.uuid,
      instance_id: host.identity.instance,
      agent_version: "0.1.0",
      host_details: hostDetails(host),
    });
    return async (connection) => {
      const answer = await latencies.time(() => connection.send("POST", `${AGENT_PREFIX}/enroll`, "", body));
      host.nodeKey = String((parsedAnswer(answer) as { node_key: unknown }).node_key);
    };
  }

  /** The first check-in: digests, then the rows of the sources that the server wants. The latency is that of both calls. */
  first(latencies: Latencies, sent: Sent): Step | null {
    const host = this.#host(true);
    if (host === null) return null;
    const entries = linuxEntries(host);
    const { host_details, ...checkin } = checkinBody(host, entries);
    host.checkin = json(checkin);
    const firstCheckin = json({ ...checkin, host_details });
    host.links = entries.reduce((sum, { rows }) => sum + rows.length, 0);
    const inventories = new Map(entries.map(({ source, rows }) => [source, json({ sources: [{ source, rows }] })]));
    return async (connection) => {
      await latencies.time(async () => {
        const { wanted } = await this.#checkIn(connection, host, firstCheckin);
        for (const source of wanted) {
          const body = inventories.get(source) ?? json({ sources: [{ source, rows: [] }] });
          sent.bytes += body.length;
          sent.rows += entries.find((e) => e.source === source)?.rows.length ?? 0;
          expectStatus(await connection.send("POST", `${AGENT_PREFIX}/inventory`, authorization(host), body), 200);
        }
      });
    };
  }

  /** A check-in with digests that the server knows: it must want nothing. */
  unchanged(latencies: Latencies, sent: Sent): Step | null {
    const host = this.#host(false);
    const body = host?.checkin ?? null;
    if (host === null || body === null) return null;
    return async (connection) => {
      sent.bytes += body.length;
      const { wanted } = await latencies.time(() => this.#checkIn(connection, host, body));
      if (wanted.length > 0) throw new Error(`an unchanged host was asked for ${wanted.join(", ")}`);
    };
  }

  /** A poll that is not held: what the server does for one, without the waiting. */
  poll(latencies: Latencies): Step | null {
    const host = this.#host(false);
    if (host === null) return null;
    const body = json({ wait_seconds: 0 });
    return async (connection) => {
      const answer = await latencies.time(() => connection.send("POST", `${AGENT_PREFIX}/poll`, authorization(host), body));
      if ((parsedAnswer(answer) as { refetch?: unknown }).refetch !== false) throw new Error(answer.body.toString());
    };
  }

  async #checkIn(connection: Connection, host: Host, body: Buffer): Promise<{ wanted: string[] }> {
    return parsedAnswer(await connection.send("POST", `${AGENT_PREFIX}/checkin`, authorization(host), body)) as {
      wanted: string[];
    };
  }
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function authorization(host: Host): string {
  return `authorization: NodeKey ${host.nodeKey}\r\n`;
}

/** What osquery reports of the image, as Muster's agent would: cleaned rows and digests of its own sources. */
function linuxEntries(host: Host): { source: string; digest: string; rows: SoftwareRow[] }[] {
  const { queries } = host.template.results(host.index, 0, host.identity);
  const prepared = digestWrite({ queries: JSON.parse(queries) });
  return prepared.sources
    .filter(({ source }) => MUSTER_AGENT_SOURCES.linux.includes(source))
    .map(({ source, digest, entries }) => ({ source, digest: digest.toString("hex"), rows: entries.map(toRow) }));
}

function toRow(entry: SoftwareEntry): SoftwareRow {
  const kept = Object.entries(entry).filter(
    ([name, value]) => name !== "source" && name !== "signature_information" && isSet(value),
  );
  return Object.fromEntries(kept) as SoftwareRow;
}

function isSet(value: unknown): boolean {
  return value !== "" && value !== null && !(Array.isArray(value) && value.length === 0);
}

function checkinBody(host: Host, entries: { source: string; digest: string }[]): CheckinRequest {
  const sources = entries.map(({ source, digest }) => ({ source, digest }));
  return { agent_version: "0.1.0", host_details: hostDetails(host), sources, failures: [] };
}

function hostDetails({ identity, template }: Host): HostDetails {
  const os = template.image.host.os_version[0] ?? {};
  return {
    ...simulatedHost(identity.hostname, template.image.host.platform),
    uuid: identity.uuid,
    hardware_serial: identity.serial,
    hardware_model: "Bench",
    platform_like: os["platform_like"] ?? "",
    os_name: os["name"] ?? "",
    os_version: os["version"] ?? "",
    build: os["build"] ?? "",
    code_name: os["codename"] ?? "",
    arch: os["arch"] ?? "",
  };
}
