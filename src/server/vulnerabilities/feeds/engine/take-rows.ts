import type { EpssScore, FeedRecord, LifeCycle } from "#domain/vulnerability/model.ts";
import { FeedError, type BadRecord, type Feed, type FeedItem, type FeedItems, type GoneRecord } from "../feed.ts";
import { plainText } from "../formats/plain-text.ts";
import { count, type Tally } from "../formats/tally.ts";
import { copyRow, textArray } from "./copy-text.ts";
import { canonicalJson, recordDigest } from "./digest.ts";
import type { ProgressReporter } from "./progress.ts";
import { problemOf } from "./record-schema.ts";

/** A load with a larger share of malformed records fails; fewer than so many records may have one. */
const BAD_SHARE_MAX = 0.01;
const BAD_FREE = 100;
const REASONS_MAX = 200;

/** Counts what a load brings, and holds it to its limits. */
export class RowCounter {
  records = 0;
  changed = 0;
  bad = 0;
  /** The first malformed one, and why. */
  badRecord: string | null = null;
  /** Why records were malformed. */
  readonly badReasons: Tally = new Map();
  readonly #recordsMax: number;
  readonly #progress: ProgressReporter;

  constructor(recordsMax: number, progress: ProgressReporter) {
    this.#recordsMax = recordsMax;
    this.#progress = progress;
  }

  note(changed: boolean): void {
    this.records += 1;
    if (changed) this.changed += 1;
    if (this.records > this.#recordsMax)
      throw new FeedError(`There are more than ${this.#recordsMax} records, the limit of this feed.`);
    if (this.records % 256 === 0) this.#progress.records(this.records, this.changed);
  }

  noteBad({ bad, why }: BadRecord): void {
    this.bad += 1;
    // a hostile feed may have a reason for each record: those beyond some hundreds are one
    count(this.badReasons, this.badReasons.size < REASONS_MAX || this.badReasons.has(why) ? why : "other reasons");
    this.badRecord ??= plainText(`${bad}: ${why}`, 500);
  }

  /** @throws {FeedError} when so many are malformed that the data is not what it should be */
  finish(): void {
    const all = this.records + this.bad;
    if (this.bad <= Math.max(all, BAD_FREE) * BAD_SHARE_MAX) return;
    throw new FeedError(`${this.bad} of ${all} records are malformed; the first: ${this.badRecord}`);
  }
}

interface Sink {
  write(row: string): Promise<void>;
}

/** What a pass over the records found, besides the rows that it staged. */
interface TakenRecords {
  gone: Set<string>;
  /** Some name came more than once. */
  repeated: boolean;
  /** Names that came. */
  count: number;
  /** Names whose rows were staged. */
  staged: number;
}

/**
 * Compares records with the digests of what is loaded, and stages those that differ. Nothing of a record is kept but its name and digest.
 *
 * @param known by name; left with what did not come
 */
export async function takeRecords(
  items: FeedItems,
  known: Map<string, string>,
  counter: RowCounter,
  sink: Sink,
): Promise<TakenRecords> {
  const came = new Map<string, string>();
  const staged = new Set<string>();
  const gone = new Set<string>();
  let repeated = false;
  let sequence = 0;
  for await (const item of items) {
    if (isBad(item)) {
      counter.noteBad(item);
      continue;
    }
    if (isGone(item)) {
      gone.add(item.gone);
      continue;
    }
    const json = canonicalJson(item);
    const problem = problemOf("records", item, json);
    if (problem !== null) {
      counter.noteBad({ bad: item.name, why: problem });
      continue;
    }
    const digest = recordDigest(json);
    const earlier = came.get(item.name);
    came.set(item.name, digest);
    gone.delete(item.name);
    const before = staged.has(item.name) ? earlier : (earlier ?? known.get(item.name));
    if (earlier === undefined) counter.note(before !== digest);
    if (before === digest) continue;
    repeated ||= staged.has(item.name);
    staged.add(item.name);
    sequence += 1;
    await sink.write(recordRow(sequence, item, digest));
  }
  counter.finish();
  for (const name of came.keys()) known.delete(name);
  return { gone, repeated, count: came.size, staged: staged.size };
}

function recordRow(sequence: number, record: FeedRecord, digest: string): string {
  const { name, vulnerabilities, facts, aliases, affected } = record;
  return copyRow([
    sequence,
    name,
    digest,
    textArray(vulnerabilities),
    facts === null ? null : JSON.stringify(facts),
    aliases === undefined ? null : JSON.stringify(aliases),
    JSON.stringify(affected.filter((one) => one.ranges.length > 0)),
  ]);
}

/** Checks and stages scores. Returns how many there are. */
export async function takeScores(items: FeedItems<EpssScore>, counter: RowCounter, sink: Sink): Promise<void> {
  for await (const score of rowsOf(items, counter, "scores")) {
    counter.note(false);
    await sink.write(copyRow([score.cve, score.epss, score.percentile]));
  }
  counter.finish();
}

/** Checks life cycles; there are a few thousand, so they are held. */
export async function takeLifeCycles(items: FeedItems<LifeCycle>, counter: RowCounter): Promise<LifeCycle[]> {
  const cycles: LifeCycle[] = [];
  for await (const cycle of rowsOf(items, counter, "life_cycles")) {
    counter.note(false);
    cycles.push(cycle);
  }
  counter.finish();
  return cycles;
}

async function* rowsOf<Row extends EpssScore | LifeCycle>(
  items: FeedItems<Row>,
  counter: RowCounter,
  kind: Feed["kind"],
): AsyncGenerator<Row> {
  for await (const item of items) {
    if (isBad(item)) {
      counter.noteBad(item);
      continue;
    }
    if (isGone(item)) throw new FeedError(`A feed of ${kind} comes whole, not as changes.`);
    const json = canonicalJson(item);
    const problem = problemOf(kind, item, json);
    if (problem === null) yield item;
    else counter.noteBad({ bad: json.slice(0, 100), why: problem });
  }
}

function isBad<Row>(item: FeedItem<Row>): item is BadRecord {
  return typeof item === "object" && item !== null && "bad" in item;
}

function isGone<Row>(item: FeedItem<Row>): item is GoneRecord {
  return typeof item === "object" && item !== null && "gone" in item;
}
