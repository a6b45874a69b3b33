import { member, objectAt, objectOf, objectsAt, ShapeError, textAt } from "#domain/vulnerability/loose-json.ts";
import type { LifeCycle } from "#domain/vulnerability/model.ts";
import { FeedError, syncWhole } from "../feed.ts";
import type { FeedInput, FeedItem, LifeCycleFeed } from "../feed.ts";
import { jsonArray, lines } from "../formats/json-values.ts";
import { day } from "../kev/kev-feed.ts";

const PRODUCTS = "https://endoflife.date/api/v1/products/full";
const DISTRO_INFO = "https://salsa.debian.org/debian/distro-info-data/-/raw/main";

/** Release lines of one product. */
const MAX_CYCLES = 5000;

/** endoflife.date's full list: `{result: [{name, releases: [{name, releaseDate, isEol, eolFrom, isEoes, eoesFrom, latest}]}]}`. */
export async function* parseEndOfLife(input: FeedInput): AsyncGenerator<FeedItem<LifeCycle>> {
  for await (const value of jsonArray(input, "result")) yield* productCycles(value);
}

/** The release lines of one product, untrusted. */
export function* productCycles(value: unknown): Generator<FeedItem<LifeCycle>> {
  let name = "a product without a name";
  try {
    const product = objectOf(value, "a product");
    name = textAt(product, "name", 100) ?? name;
    // everything is read before anything is given: a product is good or bad as a whole
    yield* objectsAt(product, "releases", MAX_CYCLES).flatMap((release) => cycleOf(name, release) ?? []);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    yield { bad: name, why: error.message };
  }
}

function cycleOf(product: string, release: Readonly<Record<string, unknown>>): LifeCycle | null {
  const cycle = textAt(release, "name", 100);
  if (cycle === undefined) return null;
  const codename = textAt(release, "codename", 100);
  const released = day(textAt(release, "releaseDate", 40));
  const ends = ending(release, "eolFrom", "isEol");
  const extended = ending(release, "eoesFrom", "isEoes");
  const latest = textAt(objectAt(release, "latest"), "name", 100);
  return {
    product,
    cycle,
    ...(codename === undefined ? {} : { codename }),
    ...(released === undefined ? {} : { released }),
    ...(ends === undefined ? {} : { end_of_life: ends }),
    ...(extended === undefined ? {} : { extended_end: extended }),
    ...(latest === undefined ? {} : { latest }),
  };
}

/** The day, else whether it has ended. */
function ending(release: Readonly<Record<string, unknown>>, from: string, is: string): string | boolean | undefined {
  const known = day(textAt(release, from, 40));
  const ended = member(release, is);
  return known ?? (typeof ended === "boolean" ? ended : undefined);
}

/**
 * Debian's and Ubuntu's own dates (distro-info-data): `version,codename,series,created,release,eol,…`. Debian's LTS is free, Ubuntu's ESM
 * and Debian's ELTS are not.
 *
 * @param product `debian` or `ubuntu`
 * @throws {FeedError} when the columns are others
 */
export async function* parseDistroInfo(input: FeedInput, product: string): AsyncGenerator<LifeCycle> {
  let columns: string[] | null = null;
  for await (const line of lines(input)) {
    if (line.trim() === "") continue;
    const fields = line.trim().split(",");
    if (columns === null) {
      columns = fields;
      if (!["version", "codename", "release", "eol"].every((name) => fields.includes(name))) {
        throw new FeedError(`${input.name} does not have the columns of distro-info-data`);
      }
      continue;
    }
    const names: string[] = columns;
    const cycle = distroCycle(product, (name) => fields[names.indexOf(name)] ?? "");
    if (cycle !== null) yield cycle;
  }
}

function distroCycle(product: string, field: (name: string) => string): LifeCycle | null {
  // "22.04 LTS"; unstable has none
  const [cycle = ""] = field("version").split(" ");
  if (!/^\d+(?:\.\d+)?$/.test(cycle)) return null;
  const released = day(field("release"));
  const ends = day(product === "debian" ? field("eol-lts") : "") ?? day(field("eol"));
  const extended = day(field(product === "debian" ? "eol-elts" : "eol-esm"));
  return {
    product,
    cycle,
    codename: field("codename"),
    ...(released === undefined ? {} : { released }),
    ...(ends === undefined ? {} : { end_of_life: ends }),
    ...(extended === undefined ? {} : { extended_end: extended }),
  };
}

function parseEither(input: FeedInput): AsyncIterable<FeedItem<LifeCycle>> {
  const csv = /(?:^|\/)(debian|ubuntu)\.csv/.exec(input.name);
  return csv === null ? parseEndOfLife(input) : parseDistroInfo(input, csv[1] ?? "");
}

/** When support of operating systems, languages and programs ends. Debian's and Ubuntu's own dates come last: they count. */
export const END_OF_LIFE_FEED: LifeCycleFeed = {
  name: "end-of-life",
  kind: "life_cycles",
  title: "End-of-life dates",
  publisher: "endoflife.date, Debian",
  homepage: "https://endoflife.date/",
  licence: "MIT, ISC",
  purpose: "Which release lines no longer get security updates.",
  everySeconds: 24 * 3600,
  parts: (fleet) => (fleet.scopes.length === 0 ? [] : ["all"]),
  sync: syncWhole(() => [PRODUCTS, `${DISTRO_INFO}/debian.csv`, `${DISTRO_INFO}/ubuntu.csv`], parseEither),
  files: [
    { pattern: /(?:^|\/)endoflife-date[^/]*\.json(?:\.gz|\.zst)?$/, part: () => "all", parse: parseEndOfLife },
    {
      pattern: /(?:^|\/)(?:eol|distro-info(?:-data)?)\/(?:debian|ubuntu)\.csv$/,
      part: () => "all",
      parse: parseEither,
      order: 1,
    },
  ],
};
