/** A row of the catalogue. */
export interface CatalogueRow {
  id: number;
  source: string;
  /** Null: the title that it names does not exist. */
  title_id: number | null;
}

/** The catalogue, numbered without gaps, so that counters are plain arrays. About 75 bytes a software. */
export class Catalogue {
  readonly softwareIds: number[] = [];
  readonly titleIds: number[] = [];
  /** Names of sources, by place. */
  readonly sources: string[] = [];
  readonly #softwarePlaces = new Map<number, number>();
  readonly #titlePlaces = new Map<number, number>();
  readonly #sourcePlaces = new Map<string, number>();
  readonly #titleOf: number[] = [];
  readonly #sourceOf: number[] = [];

  add({ id, source, title_id }: CatalogueRow): void {
    placeOf(this.#softwarePlaces, this.softwareIds, id);
    this.#titleOf.push(title_id === null ? NOWHERE : placeOf(this.#titlePlaces, this.titleIds, title_id));
    this.#sourceOf.push(placeOf(this.#sourcePlaces, this.sources, source));
  }

  /** The place of software among the counters; undefined when there is no such software. */
  softwarePlace(id: number): number | undefined {
    return this.#softwarePlaces.get(id);
  }

  titlePlace(id: number): number | undefined {
    return this.#titlePlaces.get(id);
  }

  /** The place of the title of the software at a place; {@link NOWHERE} when there is no such title. */
  titleOf(software: number): number {
    return this.#titleOf[software] ?? NOWHERE;
  }

  sourceOf(software: number): number {
    return this.#sourceOf[software] ?? NOWHERE;
  }

  /** Counters that one scope needs. */
  get size(): number {
    return Math.max(1, this.softwareIds.length + 2 * this.titleIds.length);
  }
}

export const NOWHERE = -1;

function placeOf<K>(places: Map<K, number>, keys: K[], key: K): number {
  const known = places.get(key);
  if (known !== undefined) return known;
  places.set(key, keys.length);
  return keys.push(key) - 1;
}

/** Hosts by software and by title, and versions by title: of the fleet, or of one label. By places in the catalogue. */
export class Counts {
  readonly software: Int32Array;
  readonly titles: Int32Array;
  readonly versions: Int32Array;

  constructor(catalogue: Catalogue) {
    this.software = new Int32Array(catalogue.softwareIds.length);
    this.titles = new Int32Array(catalogue.titleIds.length);
    this.versions = new Int32Array(catalogue.titleIds.length);
  }
}

/** Adds to a counter; one that there is not is left alone. */
export function increase(counters: Int32Array, place: number | undefined, by: number): void {
  if (place !== undefined && place >= 0) counters[place] = (counters[place] ?? 0) + by;
}

/** What one host holds, by places in the catalogue. */
export interface Holding {
  software: readonly number[];
  /** Each once, however many of its versions the host holds. */
  titles: readonly number[];
}

/** Resolves what hosts hold. It keeps one mark for each title, so that each host's titles are found without sorting or hashing. */
export class Holdings {
  readonly #catalogue: Catalogue;
  readonly #lastHost: Int32Array;
  #host = 0;

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
    this.#lastHost = new Int32Array(catalogue.titleIds.length);
  }

  /** @returns what the host holds, and the ids among these that no software has */
  resolve(softwareIds: readonly number[]): Holding & { unknown: number[] } {
    this.#host += 1;
    const software: number[] = [];
    const titles: number[] = [];
    const unknown: number[] = [];
    for (const id of softwareIds) {
      const place = this.#catalogue.softwarePlace(id);
      if (place === undefined) {
        unknown.push(id);
        continue;
      }
      software.push(place);
      const title = this.#catalogue.titleOf(place);
      if (title === NOWHERE || this.#lastHost[title] === this.#host) continue;
      this.#lastHost[title] = this.#host;
      titles.push(title);
    }
    return { software, titles, unknown };
  }
}

/** Counts one host. */
export function countHolding({ software, titles }: Counts, holding: Holding): void {
  for (const place of holding.software) software[place] = (software[place] ?? 0) + 1;
  for (const place of holding.titles) titles[place] = (titles[place] ?? 0) + 1;
}

const ZERO = "0".codePointAt(0) ?? 0;

/** Reads `1,22,333`: sixty million numbers come this way, and splitting them into strings first takes five times as long. */
export function readIds(text: string): number[] {
  if (text === "") return [];
  const ids: number[] = [];
  let id = 0;
  for (let i = 0; i < text.length; i += 1) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit >= 0) {
      id = id * 10 + digit;
    } else {
      ids.push(id);
      id = 0;
    }
  }
  ids.push(id);
  return ids;
}
