import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LifeCycle } from "#domain/vulnerability/model.ts";
import { corpus, CORPUS, CORPUS_HERE, CORPUS_MISSING, feedMirror } from "#test/support/feed-mirror.ts";
import { syncOnce } from "#test/support/feed-engine.ts";
import type { FeedItem } from "../feed.ts";
import { fileInput } from "../formats/file-input.ts";
import { END_OF_LIFE_FEED, parseDistroInfo, parseEndOfLife, productCycles } from "./end-of-life-feed.ts";

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

test("a release line tells when it came, when it ends, and its latest version", () => {
  const release = {
    name: "3.12",
    releaseDate: "2023-10-02",
    isEol: false,
    eolFrom: "2028-10-31",
    isEoes: null,
    eoesFrom: null,
    latest: { name: "3.12.4" },
  };
  const unknown = { name: "4", isEol: true, eolFrom: null, isEoes: false, eoesFrom: null };
  expect([...productCycles({ name: "python", releases: [release, unknown, {}] })]).toEqual([
    { product: "python", cycle: "3.12", released: "2023-10-02", end_of_life: "2028-10-31", latest: "3.12.4" },
    { product: "python", cycle: "4", end_of_life: true, extended_end: false },
  ]);
});

test.each([
  ["no object", 7, "a product is not an object"],
  ["releases of the wrong type", { name: "x", releases: 5 }, "releases is not a list"],
  ["a release that is a text", { name: "x", releases: ["1"] }, "an item of releases is not an object"],
])("a product with %s is told as bad", (_, value, why) => {
  expect([...productCycles(value)]).toMatchObject([{ why }]);
});

describe("Debian's and Ubuntu's own dates", () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "muster-eol-"));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  async function parsed(text: string, product: string): Promise<LifeCycle[]> {
    const path = join(directory, `${product}.csv`);
    await writeFile(path, text);
    return await collected(parseDistroInfo(await fileInput(path), product));
  }

  test("Debian's free support ends with its LTS, Ubuntu's before ESM; unstable has no version", async () => {
    expect(
      await parsed(
        "version,codename,series,created,release,eol,eol-lts,eol-elts\n12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-06-10,2028-06-30,2033-06-30\n,Sid,sid,1993-08-16\n",
        "debian",
      ),
    ).toEqual([
      {
        product: "debian",
        cycle: "12",
        codename: "Bookworm",
        released: "2023-06-10",
        end_of_life: "2028-06-30",
        extended_end: "2033-06-30",
      },
    ]);
    expect(
      await parsed(
        "version,codename,series,created,release,eol,eol-server,eol-esm,eol-legacy\n26.04 LTS,Resolute Raccoon,resolute,2025-10-09,2026-04-23,2031-05-29,2031-05-29,2036-04-23,2038-04-27\n",
        "ubuntu",
      ),
    ).toEqual([
      {
        product: "ubuntu",
        cycle: "26.04",
        codename: "Resolute Raccoon",
        released: "2026-04-23",
        end_of_life: "2031-05-29",
        extended_end: "2036-04-23",
      },
    ]);
  });

  test("other columns are refused", async () => {
    await expect(parsed("a,b,c\n", "debian")).rejects.toThrow("does not have the columns of distro-info-data");
  });
});

describe.skipIf(!CORPUS_HERE)(`the corpus: ${CORPUS_MISSING}`, () => {
  test("every release line of the sample is read", async () => {
    const items = await collected<FeedItem<LifeCycle>>(
      parseEndOfLife(await fileInput(join(CORPUS, "eol/endoflife-date.full.sample.json"))),
    );
    expect(items).toHaveLength(42 + 43);
    expect(items.filter((item) => "bad" in item)).toEqual([]);
    expect(items).toContainEqual(
      expect.objectContaining({ product: "windows", cycle: "11-24h2-iot-lts", end_of_life: "2034-10-10" }),
    );
  });

  test("Debian's and Ubuntu's own dates come after what others say of them", async () => {
    const mirror = await feedMirror();
    mirror.serve("https://endoflife.date/api/v1/products/full", await corpus("eol/endoflife-date.full.sample.json"));
    for (const name of ["debian", "ubuntu"]) {
      mirror.serve(`https://salsa.debian.org/debian/distro-info-data/-/raw/main/${name}.csv`, await corpus(`eol/${name}.csv`));
    }
    const { mode, items, memory } = await syncOnce(END_OF_LIFE_FEED, "all", mirror);
    expect(mode).toBe("full");
    const cycles = items as LifeCycle[];
    expect(cycles.findLast(({ product, cycle }) => product === "ubuntu" && cycle === "25.04")?.end_of_life).toBe("2026-01-15");
    expect(cycles.some(({ product, cycle }) => product === "debian" && cycle === "12")).toBe(true);
    expect((await syncOnce(END_OF_LIFE_FEED, "all", mirror, { memory })).mode).toBe("unchanged");
    await mirror.close();
  });
});
