import { identityKey } from "#domain/software/identity.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { prepareReport } from "#server/inventory/prepare-report.ts";
import type { PreparedReport } from "#server/inventory/prepare-report.ts";
import type { TableRow } from "#test/support/simulated-osquery/images.ts";
import { MusterDevice } from "../support/muster-device.ts";
import { OsqueryDevice } from "../support/osquery-device.ts";
import { understood } from "./library.ts";
import type { LibraryImage, QueryRows } from "./library.ts";
import type { Random } from "./random.ts";

/** What a host is expected to hold in one source: identity key → the line that {@link lineOf} makes. */
type SourceLines = Map<string, string>;

/** A device, what it holds, and what the server must hold of it: the model that the database is compared with. */
export abstract class SimulatedDevice {
  readonly hostname: string;
  readonly image: LibraryImage;
  /** What was acknowledged last, by source. */
  acknowledged = new Map<string, SourceLines>();

  constructor(hostname: string, image: LibraryImage) {
    this.hostname = hostname;
    this.image = image;
  }

  /** Changes what it holds: an update, a removal, an installation, a rename. */
  abstract mutate(random: Random): void;
  /** One source fails to be read at the next report. */
  abstract failSomething(random: Random): void;
  /** One attempt at a whole report. @throws {NotAnswered} */
  abstract send(server: string): Promise<void>;
  /** Keeps the present report, to be sent late. */
  abstract keep(): (server: string) => Promise<void>;
  abstract loseNextAnswer(): void;
  /** Forgets its key: it enrols again, as after a new installation of the agent. */
  abstract forgetKey(): void;
  /** What the server makes of its present report. */
  protected abstract prepared(): PreparedReport;

  /** To be called when the report was acknowledged as it is now. */
  acknowledge(): void {
    for (const source of this.prepared().sources) {
      this.acknowledged.set(source.source, new Map(source.entries.map((entry) => [identityKey(entry), lineOf(entry)])));
    }
  }

  /** The host was deleted: a new one begins with nothing. */
  forgetAll(): void {
    this.acknowledged = new Map();
  }

  expected(): Map<string, string> {
    return new Map([...this.acknowledged.values()].flatMap((lines) => [...lines]));
  }
}

/** All of an entry that a link shows. */
export function lineOf(entry: SoftwareEntry): string {
  return JSON.stringify([identityKey(entry), entry.installed_paths.toSorted(), entry.installed_by]);
}

const VERSION_COLUMNS = ["bundle_short_version", "version"];

export class SimulatedOsqueryDevice extends SimulatedDevice {
  readonly #device: OsqueryDevice;
  readonly #rows: QueryRows;
  #failed: ReadonlySet<string> = new Set();

  constructor(hostname: string, image: LibraryImage, secret: string) {
    super(hostname, image);
    this.#device = new OsqueryDevice(hostname, secret);
    this.#rows = this.#device.personal(image.queries);
  }

  mutate(random: Random): void {
    const filled = [...this.#rows].filter(([name, rows]) => name.startsWith("muster_software_") && rows.length > 0);
    const [name, rows] = random.pick(filled);
    const place = random.int(0, rows.length - 1);
    const row = rows[place] ?? {};
    const column = VERSION_COLUMNS.find((c) => c in row);
    const what = random.weighted({ update: 5, remove: 2, install: 3, rename: name === "muster_software_apps" ? 2 : 0 });
    if (what === "update" && column !== undefined) rows[place] = { ...row, [column]: nextVersion(row[column] ?? "", random) };
    if (what === "remove") rows.splice(place, 1);
    if (what === "install") rows.push(...random.some(this.image.queries.get(name) ?? [], 1));
    if (what === "rename") rows[place] = { ...row, ...renamed(row, random) };
  }

  failSomething(random: Random): void {
    const names = [...this.#rows.keys()].filter((name) => name.startsWith("muster_software_"));
    this.#failed = new Set([random.pick(names)]);
  }

  async send(server: string): Promise<void> {
    await this.#device.report(server, this.#rows, this.#failed);
  }

  keep(): (server: string) => Promise<void> {
    const rows = structuredClone(this.#rows);
    const failed = this.#failed;
    return (server) => this.#device.write(server, rows, failed);
  }

  loseNextAnswer(): void {
    this.#device.loseAnswerOf = "distributed/write";
  }

  forgetKey(): void {
    this.#device.nodeKey = null;
  }

  override acknowledge(): void {
    super.acknowledge();
    this.#failed = new Set();
  }

  protected prepared(): PreparedReport {
    return understood(this.#rows, this.#failed);
  }
}

export class SimulatedMusterDevice extends SimulatedDevice {
  readonly #device: MusterDevice;
  readonly #holdings: Map<string, SoftwareEntry[]>;
  #failed: string | null = null;

  constructor(hostname: string, image: LibraryImage, secret: string) {
    super(hostname, image);
    this.#device = new MusterDevice({ hostname, enrollSecret: secret, platform: image.platform });
    this.#holdings = new Map([...image.holdings].map(([source, entries]) => [source, [...entries]]));
  }

  mutate(random: Random): void {
    const source = random.pick([...this.#holdings.keys()]);
    const entries = this.#holdings.get(source) ?? [];
    const place = random.int(0, Math.max(0, entries.length - 1));
    const entry = entries[place];
    const what = random.weighted({ update: 5, remove: 2, install: 3, rename: 1, path: 1, opened: 1 });
    if (what === "install") this.#install(source, entries, random);
    if (entry === undefined) return;
    if (what === "remove") entries.splice(place, 1);
    if (what === "update") replace(entries, place, { ...entry, version: nextVersion(entry.version, random) });
    if (what === "rename") replace(entries, place, { ...entry, name: `${entry.name} renamed ${random.int(1, 3)}` });
    if (what === "path") replace(entries, place, { ...entry, installed_paths: [`/opt/${random.int(1, 5)}`] });
    if (what === "opened") replace(entries, place, { ...entry, last_opened_at: 1_700_000_000 + random.int(0, 100) * 3600 });
  }

  #install(source: string, entries: SoftwareEntry[], random: Random): void {
    const [entry] = random.some(this.image.holdings.get(source) ?? [], 1);
    if (entry === undefined || entries.some((e) => identityKey(e) === identityKey(entry))) return;
    entries.push(entry);
  }

  failSomething(random: Random): void {
    this.#failed = random.pick([...this.#holdings.keys()]);
  }

  async send(server: string): Promise<void> {
    const failures = this.#failed === null ? [] : [{ source: this.#failed, error: "simulated failure" }];
    await this.#device.report(server, this.#holdings, failures);
  }

  keep(): (server: string) => Promise<void> {
    const holdings = new Map([...this.#holdings].map(([source, entries]) => [source, [...entries]]));
    const sources = [...holdings.keys()].filter((source) => source !== this.#failed);
    return (server) => this.#device.inventory(server, sources, holdings);
  }

  loseNextAnswer(): void {
    this.#device.loseAnswerOf = "inventory";
  }

  forgetKey(): void {
    this.#device.nodeKey = null;
  }

  override acknowledge(): void {
    super.acknowledge();
    this.#failed = null;
    this.#device.loseAnswerOf = null;
  }

  protected prepared(): PreparedReport {
    const sources = [...this.#holdings].filter(([source]) => source !== this.#failed);
    return prepareReport(sources.map(([source, entries]) => ({ source, ok: true, entries })));
  }
}

function nextVersion(version: string, random: Random): string {
  return `${version.split("+sim")[0]}+sim${random.int(1, 9)}`;
}

/** Another name for the same thing at the same place. */
function renamed(row: TableRow, random: Random): TableRow {
  const name = (row["display_name"] ?? "") === "" ? "name" : "display_name";
  return { [name]: `${(row[name] ?? "").split(" renamed")[0]} renamed ${random.int(1, 3)}` };
}

/** Puts an entry in another's place, unless the device holds its like already. */
function replace(entries: SoftwareEntry[], place: number, entry: SoftwareEntry): void {
  const key = identityKey(entry);
  if (!entries.some((other, i) => i !== place && identityKey(other) === key)) entries[place] = entry;
}
