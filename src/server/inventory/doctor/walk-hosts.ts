import { Findings, type Found } from "./check.ts";
import { compareCounts } from "./compare-counts.ts";
import type { Look } from "./look.ts";
import { Catalogue, Counts, countHolding, Holdings, readIds } from "./tally.ts";
import { catalogueRows, countedLabels, hostsCount, hostsWalked, type Scope, type WalkedHost } from "./walk-store.ts";

/** Counters held at once, of four bytes each. Labels that need more are counted on a further walk. */
const COUNTERS_MAX = 32_000_000;

/** What one walk over all hosts found, by what was compared with their links. */
export interface Walked {
  hosts: number;
  links: number;
  missingSoftware: Found;
  hostCounts: Found;
  sourceCounts: Found;
  versionCounts: Found;
  titleCounts: Found;
  labelVersionCounts: Found;
  labelTitleCounts: Found;
}

type Walkable = Pick<Look, "db" | "snapshot" | "progress">;

/**
 * Reads every host with its links once, and compares with them all that is said of them elsewhere. Links of hosts that do not exist
 * (any more) count nowhere. Memory: the catalogue, a batch of hosts and {@link COUNTERS_MAX} counters; only where labels times
 * catalogue are more than these, the links are read again for the labels left.
 *
 * @param countersMax for tests
 */
export async function walkHosts(look: Walkable, countersMax = COUNTERS_MAX): Promise<Walked> {
  const catalogue = new Catalogue();
  for await (const rows of catalogueRows(look.snapshot)) for (const row of rows) catalogue.add(row);
  const hosts = new HostFindings(catalogue);
  const fleet = { software: new Findings(), titles: new Findings() };
  const labels = { software: new Findings(), titles: new Findings() };
  const scopes: Scope[] = [null];
  for (const { id, being_counted } of await countedLabels(look.db)) {
    if (!being_counted) scopes.push(id);
    else
      for (const findings of [labels.software, labels.titles]) findings.leaveOut(`label ${id}, which is being counted just now`);
  }
  const groups = groupsOf(scopes, countersMax / catalogue.size);
  const total = groups.length * (await hostsCount(look.db));
  for (const [walks, group] of groups.entries()) {
    const counts = new Map(group.map((scope) => [scope, new Counts(catalogue)]));
    const progress = (done: number) => look.progress((walks * total) / groups.length + done, total, "hosts");
    // oxlint-disable-next-line no-await-in-loop -- each group takes the memory there is
    await countHosts(look, counts, hosts, progress, walks === 0);
    for (const [scope, counted] of counts) {
      // oxlint-disable-next-line no-await-in-loop -- one moment is one connection
      await compareCounts(look.snapshot, catalogue, counted, scope, scope === null ? fleet : labels);
    }
  }
  return {
    ...hosts.result(),
    versionCounts: fleet.software.result(),
    titleCounts: fleet.titles.result(),
    labelVersionCounts: labels.software.result(),
    labelTitleCounts: labels.titles.result(),
  };
}

function groupsOf(scopes: readonly Scope[], atOnce: number): Scope[][] {
  const size = Math.max(1, Math.floor(atOnce));
  return Array.from({ length: Math.ceil(scopes.length / size) }, (_, i) => scopes.slice(i * size, (i + 1) * size));
}

/** One walk: counts what each host holds in the fleet and in its labels, as far as these are asked for. */
async function countHosts(
  look: Walkable,
  counts: ReadonlyMap<Scope, Counts>,
  findings: HostFindings,
  progress: (done: number) => void,
  first: boolean,
): Promise<void> {
  const holdings = new Holdings(findings.catalogue);
  let done = 0;
  for await (const hosts of hostsWalked(look.db)) {
    for (const host of hosts) {
      const holding = holdings.resolve(readIds(host.software_ids));
      if (first) findings.add(host, holding);
      for (const scope of [null, ...readIds(host.label_ids)]) {
        const counted = counts.get(scope);
        if (counted !== undefined) countHolding(counted, holding);
      }
    }
    done += hosts.length;
    progress(done);
  }
}

/** What is wrong with single hosts. */
class HostFindings {
  readonly catalogue: Catalogue;
  readonly #missingSoftware = new Findings();
  readonly #hostCounts = new Findings();
  readonly #sourceCounts = new Findings();
  /** Links of the host at hand by place of their source. */
  readonly #held: Int32Array;
  #hosts = 0;
  #links = 0;

  constructor(catalogue: Catalogue) {
    this.catalogue = catalogue;
    this.#held = new Int32Array(catalogue.sources.length);
  }

  add(host: WalkedHost, { software, unknown }: { software: readonly number[]; unknown: readonly number[] }): void {
    const links = software.length + unknown.length;
    this.#hosts += 1;
    this.#links += links;
    for (const id of unknown) {
      this.#missingSoftware.add(host.id, () => `host ${host.id} holds software ${id}, which does not exist`);
    }
    if (host.software_count !== links) {
      this.#hostCounts.add(host.id, () => `host ${host.id}: software_count is ${host.software_count}, links say ${links}`);
    }
    this.#addSources(host, software);
  }

  #addSources(host: WalkedHost, software: readonly number[]): void {
    const { sources } = this.catalogue;
    this.#held.fill(0);
    for (const place of software) {
      const source = this.catalogue.sourceOf(place);
      this.#held[source] = (this.#held[source] ?? 0) + 1;
    }
    const reported = new Map(Object.entries(host.sources ?? {}));
    for (const [place, links] of this.#held.entries()) {
      const source = sources[place] ?? "";
      const rows = reported.get(source) ?? (links === 0 ? 0 : "missing");
      reported.delete(source);
      if (rows !== links) this.#addSource(host, source, rows, links);
    }
    // sources of which there is no software at all
    for (const [source, rows] of reported) if (rows !== 0) this.#addSource(host, source, rows, 0);
  }

  #addSource({ id }: WalkedHost, source: string, rows: number | string, links: number): void {
    this.#sourceCounts.add(id, () => `host ${id}, ${source}: rows_count is ${rows}, links say ${links}`);
  }

  result(): Pick<Walked, "hosts" | "links" | "missingSoftware" | "hostCounts" | "sourceCounts"> {
    return {
      hosts: this.#hosts,
      links: this.#links,
      missingSoftware: this.#missingSoftware.result(),
      hostCounts: this.#hostCounts.result(),
      sourceCounts: this.#sourceCounts.result(),
    };
  }
}
