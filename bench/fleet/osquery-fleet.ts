import type { Image } from "#test/support/simulated-osquery/images.ts";
import { expectEmpty, parsedAnswer } from "./answers.ts";
import type { Answer, Connection } from "./connection.ts";
import type { Latencies, Step } from "./load.ts";
import { type Identity, identityOf, Template, type WriteBody } from "./template.ts";

const PREFIX = "/api/osquery";
const HEADERS = "accept: application/json\r\nuser-agent: osquery/5.23.0\r\n";

interface Host {
  index: number;
  identity: Identity;
  template: Template;
  nodeKey: string;
  generation: number;
}

export interface Sent {
  /** Reports with at least one row that differs from the host's last one. */
  changedReports: number;
  rows: number;
  bytes: number;
}

/** Simulated osquery devices: what each sends and whether the answer is right. */
export class OsqueryFleet {
  readonly hosts: Host[];
  readonly templates: Template[];
  readonly #secret: string;
  #next = 0;

  constructor(images: Image[], count: number, secret: string) {
    const templates = images.map((image) => new Template(image));
    this.templates = templates;
    this.#secret = secret;
    this.hosts = Array.from({ length: count }, (_, index) => {
      const template = templates[index % templates.length];
      if (template === undefined) throw new Error("no images");
      return { index, identity: identityOf(`bench-${index}`), template, nodeKey: "", generation: 0 };
    });
  }

  /** Starts again behind the first `after` hosts; the next steps go through the hosts in turn. */
  rewind(after = 0): void {
    this.#next = after;
  }

  /** The hosts in turn; null at the end when `once`. */
  #host(once: boolean): Host | null {
    if (once && this.#next >= this.hosts.length) return null;
    return this.hosts[this.#next++ % this.hosts.length] ?? null;
  }

  enroll(latencies: Latencies): Step | null {
    const host = this.#host(true);
    if (host === null) return null;
    const body = host.template.enrollBody(host.identity, this.#secret);
    return async (connection) => {
      const answer = await latencies.time(() => connection.send("POST", `${PREFIX}/enroll`, HEADERS, body));
      const { node_key } = parsedAnswer(answer) as { node_key?: unknown };
      if (typeof node_key !== "string" || node_key === "") throw new Error(`no node key: ${answer.body.toString()}`);
      host.nodeKey = node_key;
    };
  }

  /**
   * A check-in as osquery does it: asks what to run, writes the results. The latency is the write's. The time to put the body
   * together is the generator's own and lies between the two calls.
   */
  checkIn(kind: "first" | "unchanged" | "changed", latencies: Latencies, sent: Sent): Step | null {
    const host = this.#host(kind === "first");
    if (host === null) return null;
    return async (connection) => {
      const { queries = {}, ...rest } = parsedAnswer(await this.#read(connection, host)) as { queries?: Record<string, string> };
      if (Object.keys(queries).length === 0) throw new Error("a host that is due was asked nothing");
      if (!host.template.isPrepared) host.template.prepare({ queries, ...rest });
      if (kind === "changed") host.generation++;
      const { body, rows, changed } = host.template.writeBody(host.index, host.generation, host.identity, host.nodeKey);
      sent.rows += rows;
      sent.bytes += body.length;
      if (kind === "changed" && changed > 0) sent.changedReports++;
      expectEmpty(await latencies.time(() => connection.send("POST", `${PREFIX}/distributed/write`, HEADERS, body)));
    };
  }

  /** The write of a check-in that repeats the host's last one, without being asked. */
  rewrite(latencies: Latencies, sent: Sent): Step | null {
    const host = this.#host(false);
    if (host === null) return null;
    const { body, rows } = host.template.writeBody(host.index, host.generation, host.identity, host.nodeKey);
    return async (connection) => {
      sent.rows += rows;
      sent.bytes += body.length;
      expectEmpty(await latencies.time(() => connection.send("POST", `${PREFIX}/distributed/write`, HEADERS, body)));
    };
  }

  poll(latencies: Latencies): Step | null {
    const host = this.#host(false);
    if (host === null) return null;
    return async (connection) => expectEmpty(await latencies.time(() => this.#read(connection, host)));
  }

  /** The body of some host's next write, for servers that only take it. */
  anyWriteBody(): WriteBody | null {
    const host = this.#host(false);
    return host === null ? null : host.template.writeBody(host.index, host.generation, host.identity, host.nodeKey);
  }

  #read(connection: Connection, host: Host): Promise<Answer> {
    const body = Buffer.from(`{"node_key":${JSON.stringify(host.nodeKey)}}`);
    return connection.send("POST", `${PREFIX}/distributed/read`, HEADERS, body);
  }
}
