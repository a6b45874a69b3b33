import { createHash } from "node:crypto";
import { sourceDigestText } from "#domain/inventory/digest.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { AGENT_PREFIX } from "#protocol/agent/messages.ts";
import type { HostDetails, SoftwareRow } from "#protocol/agent/messages.ts";
import { CUT_HEADER } from "./cut-proxy.ts";
import { simulatedHost } from "#test/support/simulated-host.ts";

/** Software of one device, by source. */
export type Holdings = Map<string, SoftwareEntry[]>;

/** A call that was not answered with 200: the device tries again later. `status` null: no answer came. */
export class NotAnswered extends Error {
  override readonly name = "NotAnswered";
  readonly status: number | null;

  constructor(call: string, status: number | null, body: string) {
    super(`${call}: ${status ?? "no answer"} ${body.slice(0, 300)}`);
    this.status = status;
  }
}

export interface MusterDeviceOptions {
  hostname: string;
  enrollSecret: string;
  platform?: string;
}

/** A device with Muster's own agent, as the network sees it: digests first, rows only of the sources that the server wants. */
export class MusterDevice {
  readonly details: HostDetails;
  /** null until enrolled, and after the server called the key unknown. */
  nodeKey: string | null = null;
  hostId = 0;
  /** The answer of the next such call gets lost on its way, when a proxy of `cut-proxy.ts` is in between. */
  loseAnswerOf: string | null = null;
  readonly #secret: string;
  readonly #instance: string;

  constructor({ hostname, enrollSecret, platform = "ubuntu" }: MusterDeviceOptions) {
    this.details = simulatedHost(hostname, platform);
    this.#secret = enrollSecret;
    this.#instance = createHash("sha256").update(hostname).digest("hex").slice(0, 32);
  }

  async enroll(server: string): Promise<void> {
    const answer = (await this.#call(server, "enroll", {
      enroll_secret: this.#secret,
      host_identifier: this.details.uuid,
      instance_id: this.#instance,
      agent_version: "0.1.0",
      host_details: this.details,
    })) as { node_key: string; host_id: number };
    this.nodeKey = answer.node_key;
    this.hostId = answer.host_id;
  }

  /**
   * One whole report: it returns only when the server acknowledged all of it. Enrols first when there is no key.
   *
   * @throws {NotAnswered} when any call failed; nothing is known then of what the server took
   */
  async report(server: string, holdings: Holdings, failures: { source: string; error: string }[] = []): Promise<void> {
    if (this.nodeKey === null) await this.enroll(server);
    const failed = new Set(failures.map(({ source }) => source));
    const sources = [...holdings]
      .filter(([source]) => !failed.has(source))
      .map(([source, entries]) => ({ source, digest: digestOf(entries) }));
    const { wanted } = await this.checkIn(server, sources, failures);
    if (wanted.length > 0) await this.inventory(server, wanted, holdings);
  }

  async checkIn(
    server: string,
    sources: { source: string; digest: string }[],
    failures: { source: string; error: string }[] = [],
  ): Promise<{ wanted: string[] }> {
    return (await this.#call(server, "checkin", { agent_version: "0.1.0", sources, failures })) as { wanted: string[] };
  }

  /** Sends the rows of some sources. */
  async inventory(server: string, sources: string[], holdings: Holdings): Promise<void> {
    await this.#call(server, "inventory", {
      sources: sources.map((source) => ({ source, rows: (holdings.get(source) ?? []).map(toRow) })),
    });
  }

  async #call(server: string, call: string, body: object): Promise<unknown> {
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (this.nodeKey !== null && call !== "enroll") headers["authorization"] = `NodeKey ${this.nodeKey}`;
    if (this.loseAnswerOf === call) {
      this.loseAnswerOf = null;
      headers[CUT_HEADER] = "1";
    }
    const request = { method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(30_000) };
    const answer = await fetch(`${server}${AGENT_PREFIX}/${call}`, request).then(
      async (response) => ({ status: response.status, text: await response.text() }),
      (error: unknown) => ({ status: null, text: String(error) }),
    );
    if (answer.status === 200) return JSON.parse(answer.text);
    if (answer.status === 401 && answer.text.includes("node_invalid")) this.nodeKey = null;
    throw new NotAnswered(call, answer.status, answer.text);
  }
}

/** As the agent makes it, and the server. */
export function digestOf(entries: SoftwareEntry[]): string {
  return createHash("sha256").update(sourceDigestText(entries)).digest("hex");
}

function toRow(entry: SoftwareEntry): SoftwareRow {
  const kept = Object.entries(entry).filter(([name, value]) => name !== "source" && isSet(value));
  return Object.fromEntries(kept) as SoftwareRow;
}

function isSet(value: unknown): boolean {
  return value !== "" && value !== null && !(Array.isArray(value) && value.length === 0);
}
