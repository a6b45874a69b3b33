import { beforeAll, describe, expect, test } from "vitest";
import type { ProductCatalogue } from "#domain/vulnerability/identity/catalogue.ts";
import { BoundedRange, KeyVersions, type Position } from "#domain/vulnerability/match-bounds.ts";
import { compareVersions } from "#domain/version/orders.ts";
import { CORPUS_HERE, CORPUS_MISSING } from "#test/support/feed-mirror.ts";
import { catalogueEvidence, unconfirmedByNameAlone } from "./catalogue-evidence.ts";
import { type CorpusIndex, rangeKey, readIndex } from "./corpus-index.ts";
import type { CachedPart } from "./corpus-cache.ts";
import { corpusOfPrograms } from "./run-quality.ts";
import { faultsOfLadder, type LadderFault, type Rung, rungsOf, versionLadders } from "./version-ladders.ts";

/** Ladders that go back, or start anew, in the publisher's own list: nothing in their numbers is misread. */
const GO_BACK: Record<string, string> = {
  "winget Bandisoft.BandiView": "7.2 is 7.20, whose zero the index drops",
  "winget Microsoft.Skype": "8.15 is 8.150, whose zero the index drops",
  "winget Cryptomator.Cryptomator": "the build is given in some entries only",
  "winget IObit.AdvancedSystemCare": "the build is given in some entries only",
  "winget IObit.DriverBooster": "the build is given in some entries only",
  "winget Tonec.InternetDownloadManager": "the build is given in some entries only",
  "winget IDMComputerSolutions,Inc.UltraEdit": "the third and fourth number change places",
  "winget Daum.PotPlayer": "a day without points became one with points",
  "winget Kitware.CMake": "an older line went on after a candidate",
  "winget Microsoft.Office": "channels",
  "winget NordSecurity.NordVPN": "taken back",
  "winget Splashtop.SplashtopBusiness": "taken back",
  "winget Insomnia.Insomnia": "years became numbers: which is newer, the numbers do not say",
};

describe.skipIf(!CORPUS_HERE)(`the catalogue against independent data: ${CORPUS_MISSING}`, () => {
  let catalogue: ProductCatalogue;
  let parts: CachedPart[];
  beforeAll(async () => {
    ({ catalogue, parts } = await corpusOfPrograms(() => undefined));
  }, 600_000);

  test("entries that neither devices nor vulnerabilities confirm are known with their publisher only", async () => {
    const evidence = await catalogueEvidence(catalogue.entries, parts);
    expect(evidence.length).toBeGreaterThan(1_300);
    expect(unconfirmedByNameAlone(evidence)).toEqual([]);
    // most of the catalogue is no guess
    expect(evidence.filter(({ seen, used }) => seen || used).length).toBeGreaterThan(1_000);
  });

  describe("ladders of versions", () => {
    const climbed: { name: string; rungs: readonly Rung[] }[] = [];
    const faults: LadderFault[] = [];
    let index: CorpusIndex;
    beforeAll(async () => {
      for (const ladder of versionLadders()) {
        const found = rungsOf(ladder, catalogue);
        if (found === null) continue;
        climbed.push({ name: ladder.name, rungs: found.rungs });
        faults.push(...faultsOfLadder(ladder, found.rungs));
      }
      const keys = climbed.flatMap(({ rungs }) => rungs.flatMap(({ identity }) => identity.keys.map(rangeKey)));
      index = await readIndex(parts, new Set(keys));
    }, 600_000);

    test("are many", () => {
      expect(climbed.length).toBeGreaterThan(600);
      expect(climbed.reduce((sum, { rungs }) => sum + rungs.length, 0)).toBeGreaterThan(20_000);
    });

    test("of winget have a version that can be told and compared on every rung, and go up as their publisher does", () => {
      const wrong = faults.filter(({ ladder }) => ladder.startsWith("winget ") && GO_BACK[ladder] === undefined);
      expect(wrong).toEqual([]);
    });

    test("of devices, whose order is nobody's, have versions that can be told and compared", () => {
      expect(faults.filter(({ ladder, kind }) => !ladder.startsWith("winget ") && kind !== "goes down")).toEqual([]);
    });

    test("are left by each vulnerability once: who has its fix does not get it again further up", () => {
      const again = climbed.flatMap(({ name, rungs }) => reopened(rungs, index).map((range) => `${name}: ${range}`));
      expect(again).toEqual([]);
    });
  });
});

const PLACE: Partial<Record<Position, number>> = { below: 0, inside: 1, above: 2 };

/** Ranges that a program enters again on its way up, after it has left them. */
function reopened(rungs: readonly Rung[], { rangesOf }: CorpusIndex): string[] {
  const keys = rungs.flatMap(({ identity }) => identity.keys.slice(0, 1));
  const [first] = keys;
  if (first === undefined) return [];
  const ordered = keys.toSorted((a, b) => compareVersions(first.scheme, a.version, b.version) ?? 0);
  const versions = new KeyVersions();
  const distinct = new Map(
    rangesOf(first.ecosystem, first.package).map((record) => {
      const { introduced = "", fixed = "", last_affected = "" } = record.range;
      return [`${introduced}..${fixed}${last_affected}`, record] as const;
    }),
  );
  return [...distinct].flatMap(([text, record]) => {
    if (record.range.versions !== undefined) return [];
    const range = new BoundedRange(record);
    const places = ordered.map((key) => PLACE[range.position(key, versions)]).filter((place) => place !== undefined);
    return places.some((place, at) => place < (places[at - 1] ?? 0)) ? [text] : [];
  });
}
