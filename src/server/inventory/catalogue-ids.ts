import { BoundedMap } from "#domain/core/bounded-map.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { factsKey } from "#domain/inventory/difference.ts";
import { identityKey } from "#domain/software/identity.ts";
import type { CatalogueRow } from "./catalogue-store.ts";

/** Entries in memory, about 400 bytes each; those not used for longest go first, half at a time. */
const ENTRIES_MAX = 200_000;

/**
 * Remembers which row of the catalogue an entry is, so that software that other hosts brought before costs neither a hash nor a lookup.
 * A process's own: rows never change under their id, and where another process changes what an identity means (a title merged, a key
 * re-derived) or deletes rows (a sweep), the catalogue's epoch moves, at which all is forgotten.
 */
export class CatalogueIds {
  /** Ids of titles by what software derives them from, before any correction (titles/place-software.ts). */
  readonly titles: EpochMemory<number>;
  /** Sources by software id, at any epoch: an id is never another software's. */
  readonly sources: BoundedMap<number, string>;
  readonly #rows: EpochMemory<CatalogueRow>;

  constructor(entriesMax = ENTRIES_MAX) {
    this.#rows = new EpochMemory(entriesMax);
    this.titles = new EpochMemory(entriesMax);
    this.sources = new BoundedMap(entriesMax);
  }

  get size(): number {
    return this.#rows.size;
  }

  /** @param epoch what the check-in plans at; at an older one than remembered nothing is found */
  get(epoch: number, key: string): CatalogueRow | undefined {
    return this.#rows.get(epoch, key);
  }

  /** @param epoch what was current before the row was looked up */
  set(epoch: number, key: string, row: CatalogueRow): void {
    this.#rows.set(epoch, key, row);
  }
}

/** A bounded map whose values hold at one epoch of the catalogue; those not used for longest go first, half at a time. */
export class EpochMemory<T> {
  readonly #entriesMax: number;
  #epoch = -1;
  #young = new Map<string, T>();
  #old = new Map<string, T>();

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(epoch: number, key: string): T | undefined {
    this.#forward(epoch);
    if (epoch !== this.#epoch) return undefined;
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.#keep(key, old);
    return old;
  }

  set(epoch: number, key: string, value: T): void {
    this.#forward(epoch);
    if (epoch === this.#epoch) this.#keep(key, value);
  }

  #clear(): void {
    this.#young = new Map();
    this.#old = new Map();
  }

  #forward(epoch: number): void {
    if (epoch <= this.#epoch) return;
    this.#epoch = epoch;
    this.#clear();
  }

  #keep(key: string, value: T): void {
    this.#young.set(key, value);
    if (this.#young.size < this.#entriesMax / 2) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}

/**
 * What an entry is remembered by: its identity and its facts.
 *
 * @param key the entry's identity key, where the caller has it
 */
export function catalogueKey(entry: SoftwareEntry, key = identityKey(entry)): string {
  return `${key}${factsKey(entry.facts)}`;
}
