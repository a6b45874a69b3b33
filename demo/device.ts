import { createHash } from "node:crypto";
import { sourceDigestText } from "#domain/inventory/digest.ts";
import { cleanEntry } from "#domain/software/hygiene.ts";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import { AGENT_PREFIX } from "#protocol/agent/messages.ts";
import type { CheckinResponse, EnrollResponse, HostDetails, SoftwareRow } from "#protocol/agent/messages.ts";
import { simulatedHost } from "#test/support/simulated-host.ts";
import type { DemoImage } from "./images.ts";

/** What marks a device as simulated wherever it is shown; the label "Simulated" looks for it. */
export const SIMULATED_VENDOR = "Simulated";
const MODELS: Record<string, string[]> = {
  darwin: ["Demo notebook 14", "Demo notebook 16", "Demo desktop"],
  windows: ["Demo notebook", "Demo workstation"],
  linux: ["Demo server", "Demo workstation"],
};
const MEMORIES = [8, 16, 16, 32, 64];
/** Of 100 rows, so many are missing on a given device, and so many are one of a few older versions. */
const MISSING_PERCENT = 3;
const OLDER_PERCENT = 6;
const AGENT_VERSION = "0.1.0";

/** Where to report. */
export interface Reporting {
  server: string;
  enrollSecret: string;
}

/** A number from 0 to 2^32 − 1 that is always the same for the same words. */
export function numberOf(...words: (string | number)[]): number {
  let h = 0x811c9dc5; // FNV-1a, then the finaliser of MurmurHash3
  for (const char of words.join("|")) h = Math.imul(h ^ (char.codePointAt(0) ?? 0), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** One simulated device: speaks the protocol of Muster's agent, holds what its image says, and changes now and then. */
export class DemoDevice {
  readonly hostname: string;
  readonly image: DemoImage;
  nodeKey: string | null = null;
  /** The server forgot it (the devices were removed): it does not come back. */
  isRemoved = false;
  /** Rows by source; shared with nobody. */
  readonly #software: Map<string, SoftwareRow[]>;
  readonly #digests = new Map<string, string>();

  constructor(number: number, image: DemoImage) {
    this.image = image;
    this.hostname = `simulated-${String(number + 1).padStart(4, "0")}`;
    this.#software = new Map(Object.entries(image.software).map(([source, rows]) => [source, own(this.hostname, source, rows)]));
  }

  /** Installs, updates or removes something; `random` from 0 to below 1 decides what. */
  change(random: () => number): void {
    const sources = [...this.#software].filter(([, rows]) => rows.length > 0);
    const [source, rows] = sources[Math.floor(random() * sources.length)] ?? [];
    if (source === undefined || rows === undefined) return;
    const place = Math.floor(random() * rows.length);
    const row = rows[place];
    const what = random();
    if (what < 0.7 && row !== undefined) rows[place] = { ...row, version: nextVersion(row.version ?? "") };
    else if (what < 0.85) rows.splice(place, 1);
    else rows.push(...missing(this.image.software[source] ?? [], rows, random));
    this.#digests.delete(source);
  }

  /**
   * Enrols and sends all that it holds. Which sources the server wants need not be asked: it never heard of this device. That saves a
   * thousand devices a third of their calls, and their digests.
   */
  async firstReport(at: Reporting): Promise<void> {
    await this.#enroll(at);
    await this.#send(at.server, [...this.#software.keys()]);
  }

  /** Enrols when it has no key, says its digests, and sends what the server wants. */
  async report(at: Reporting): Promise<void> {
    if (this.nodeKey === null) await this.#enroll(at);
    const sources = [...this.#software.keys()].map((source) => ({ source, digest: this.#digest(source) }));
    const checkin = { agent_version: AGENT_VERSION, sources, failures: [] };
    const { wanted } = (await this.#call(at.server, "checkin", checkin)) as CheckinResponse;
    if (wanted.length > 0) await this.#send(at.server, wanted);
  }

  async #enroll({ server, enrollSecret }: Reporting): Promise<void> {
    const details = this.details();
    const body = {
      enroll_secret: enrollSecret,
      host_identifier: details.uuid,
      agent_version: AGENT_VERSION,
      host_details: details,
    };
    const { node_key } = (await this.#call(server, "enroll", body)) as EnrollResponse;
    this.nodeKey = node_key;
  }

  async #send(server: string, sources: string[]): Promise<void> {
    await this.#call(server, "inventory", {
      sources: sources.map((source) => ({ source, rows: this.#software.get(source) ?? [] })),
    });
  }

  #digest(source: string): string {
    const known = this.#digests.get(source);
    if (known !== undefined) return known;
    const entries = (this.#software.get(source) ?? [])
      .map((row) => cleanEntry({ ...emptySoftwareEntry(source), ...row }).entry)
      .filter((entry) => entry !== null);
    const digest = createHash("sha256").update(sourceDigestText(entries)).digest("hex");
    this.#digests.set(source, digest);
    return digest;
  }

  async #call(server: string, call: string, body: object): Promise<unknown> {
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (this.nodeKey !== null && call !== "enroll") headers["authorization"] = `NodeKey ${this.nodeKey}`;
    const answer = await fetch(`${server}${AGENT_PREFIX}/${call}`, { method: "POST", headers, body: JSON.stringify(body) });
    if (answer.status === 401 && call !== "enroll") this.isRemoved = true;
    if (!answer.ok) throw new Error(`${this.hostname}: ${call} was answered ${answer.status}`);
    return answer.json();
  }

  /** Facts of a machine that does not exist; every one says so. */
  details(): HostDetails {
    const { image, hostname } = this;
    const pick = <T>(what: string, items: readonly T[]): T | undefined => items[numberOf(hostname, what) % items.length];
    const family = image.platform === "darwin" || image.platform === "windows" ? image.platform : "linux";
    const memory = (pick("memory", MEMORIES) ?? 16) * 1024 ** 3;
    const disk = (256 + (numberOf(hostname, "disk") % 4) * 256) * 1e9;
    const simulated = simulatedHost(hostname, image.platform);
    return {
      ...simulated,
      hardware_serial: simulated.hardware_serial.replace("SN", "SIM"),
      hardware_vendor: SIMULATED_VENDOR,
      hardware_model: pick("model", MODELS[family] ?? []) ?? "",
      os_name: image.os_name,
      os_version: image.os_version,
      cpu_brand: "Simulated processor",
      memory,
      uptime_seconds: numberOf(hostname, "uptime") % 2_000_000,
      primary_ip: `192.0.2.${numberOf(hostname, "ip") % 254}`, // RFC 5737: for documentation
      disk_total_bytes: disk,
      disk_available_bytes: Math.round((disk * (5 + (numberOf(hostname, "free") % 90))) / 100),
    };
  }
}

/** An image's rows as one device has them: some missing, some older. */
function own(hostname: string, source: string, rows: SoftwareRow[]): SoftwareRow[] {
  return rows.flatMap((row, i) => {
    const chance = numberOf(hostname, source, i) % 100;
    if (chance < MISSING_PERCENT) return [];
    if (chance < MISSING_PERCENT + OLDER_PERCENT) return [{ ...row, version: olderVersion(row.version ?? "", chance % 2) }];
    return [row];
  });
}

/** The last number of a version made greater, or smaller. */
function nextVersion(version: string): string {
  return version.replace(/(\d{1,9})(?!.*\d)/, (last) => String(Number(last) + 1));
}

function olderVersion(version: string, by: number): string {
  return version.replace(/(\d{1,9})(?!.*\d)/, (last) => String(Math.max(0, Number(last) - 1 - by)));
}

/** One of the image's rows that the device does not hold. */
function missing(all: SoftwareRow[], held: SoftwareRow[], random: () => number): SoftwareRow[] {
  const names = new Set(held.map((row) => row.name));
  const candidates = all.filter((row) => !names.has(row.name));
  const chosen = candidates[Math.floor(random() * candidates.length)];
  return chosen === undefined ? [] : [chosen];
}
