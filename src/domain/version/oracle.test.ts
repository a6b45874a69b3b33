import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { CORPUS_MISSING, debVersions, HAS_CORPUS, rpmVersions } from "#test/support/corpus-versions.ts";
import { versionOrder } from "./orders.ts";
import type { VersionScheme } from "./scheme.ts";

/**
 * Our orders against the package managers themselves, on every version of the shared data: all neighbours in our order (whoever agrees
 * on those agrees on the order) and random pairs (which neighbours that are wrong in the same way would not show).
 */

const DPKG = "/usr/bin/dpkg";
const DPKG_PERL = "/usr/share/perl5/Dpkg/Version.pm";
const RPM = "/usr/bin/rpm";
const RANDOM_PAIRS = 20_000;
/** dpkg itself is a process a pair. */
const DPKG_PAIRS = 400;
const SEED = 20_261_121;
const TIMEOUT_MS = 60_000;

interface Pair {
  a: string;
  b: string;
  order: number;
}

function lacking(...paths: string[]): string | null {
  if (!HAS_CORPUS) return CORPUS_MISSING;
  const path = paths.find((each) => !existsSync(each));
  return path === undefined ? null : `this machine has no ${path}`;
}

/** A linear congruential generator: the same numbers from 0 to below 1 every time. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

function pairsOf(scheme: VersionScheme, versions: readonly string[]): Pair[] {
  const order = versionOrder(scheme);
  const compare = (a: unknown, b: unknown): number => order.compare(a, b) ?? Number.NaN;
  const parsed = versions.map((text) => ({ text, value: order.parse(text) })).filter(({ value }) => value !== null);
  const sorted = parsed.toSorted((a, b) => compare(a.value, b.value));
  const random = randomNumbers(SEED);
  const pick = () => sorted[Math.floor(random() * sorted.length)] ?? sorted[0];
  const neighbours = sorted.slice(1).map((b, i) => [sorted[i], b]);
  const pairs = [...neighbours, ...Array.from({ length: RANDOM_PAIRS }, () => [pick(), pick()])];
  return pairs.map(([a, b]) => ({ a: a?.text ?? "", b: b?.text ?? "", order: compare(a?.value, b?.value) }));
}

/** The pairs that an oracle sees otherwise, at most so many. */
function differing(pairs: readonly Pair[], said: readonly number[]): (Pair & { said: number | undefined })[] {
  expect(said).toHaveLength(pairs.length);
  return pairs
    .map((pair, i) => ({ ...pair, said: said[i] }))
    .filter((pair) => pair.order !== pair.said)
    .slice(0, 20);
}

/** Gives a program the pairs, one a line, and reads a number for each. */
function ask(program: string, args: readonly string[], pairs: readonly Pair[]): number[] {
  const input = pairs.map(({ a, b }) => `${a}\t${b}\n`).join("");
  const output = execFileSync(program, args, { input, encoding: "utf8", maxBuffer: 16 * 1024 * 1024, timeout: TIMEOUT_MS });
  return output.trim().split(/\s+/).map(Number);
}

const dpkgLacks = lacking(DPKG);
describe.skipIf(dpkgLacks !== null)(`dpkg (${dpkgLacks ?? DPKG})`, () => {
  let pairs: Pair[] = [];
  beforeAll(() => {
    pairs = pairsOf("dpkg", debVersions());
  }, TIMEOUT_MS);

  test("the shared data holds many versions", () => {
    expect(pairs.length).toBeGreaterThan(40_000);
  });

  const perlLacks = lacking(DPKG_PERL);
  test.skipIf(perlLacks !== null)(
    `all neighbours and random pairs, by dpkg's Perl module (${perlLacks ?? DPKG_PERL})`,
    () => {
      const script = String.raw`use Dpkg::Version; while (<>) { chomp; my ($a, $b) = split /\t/; print version_compare($a, $b), "\n" }`;
      expect(differing(pairs, ask("perl", ["-e", script], pairs))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    "a sample of both, by `dpkg --compare-versions`",
    () => {
      const every = Math.ceil(pairs.length / DPKG_PAIRS);
      const sample = pairs.filter((_, i) => i % every === 0);
      const script = String.raw`while IFS="$(printf '\t')" read -r a b; do
        if dpkg --compare-versions "$a" lt "$b"; then echo -1; elif dpkg --compare-versions "$a" eq "$b"; then echo 0; else echo 1; fi
      done`;
      expect(differing(sample, ask("sh", ["-c", script], sample))).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

const rpmLacks = lacking(RPM);
describe.skipIf(rpmLacks !== null)(`rpm (${rpmLacks ?? RPM})`, () => {
  test(
    "all neighbours and random pairs of the shared data, by rpm.vercmp",
    () => {
      // versions that tell their release: where one lacks, rpm.vercmp takes it for the older, a dependency for the same, as we do
      const pairs = pairsOf(
        "rpm",
        rpmVersions().filter((version) => version.includes("-")),
      );
      expect(pairs.length).toBeGreaterThan(40_000);
      const script = String.raw`%{lua: for l in io.lines() do local a, b = l:match("^(.-)\t(.*)$") print(rpm.vercmp(a, b) .. " ") end}`;
      expect(differing(pairs, ask(RPM, ["--eval", script], pairs))).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
