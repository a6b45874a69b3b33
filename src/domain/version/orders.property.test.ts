import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cpuMilliseconds } from "#test/support/patience.ts";
import { compareVersions, versionOrder } from "./orders.ts";
import { VERSION_SCHEMES } from "./scheme.ts";
import type { VersionScheme } from "./scheme.ts";

/** Pieces that versions of a scheme are made of; few of them, so that equal and nearly equal versions come up. */
const PIECES: { [scheme in VersionScheme]: string[] } = {
  dpkg: ["0", "1", "9", "10", "01", ".", "-", "~", "+", "a", "b", "rc", ":", "+deb12u1", "+b1", "really"],
  rpm: ["0", "1", "9", "10", "01", ".", "_", "~", "^", "a", "b", "rc", ".el8"],
  apk: ["0", "1", "9", "10", "01", ".", "a", "_alpha", "_rc1", "_p", "_p1", "_git", "-r0", "-r1", "~ab"],
  pacman: ["0", "1", "9", "10", "01", ".", "..", "_", "a", "rc", "-1", "1:"],
  semver: ["0", "1", "9", "10", ".0", ".1", "-", "-rc", ".a", "alpha", "+b", "v"],
  pep440: ["0", "1", "10", ".0", ".1", "a1", "b", "rc1", ".dev1", ".post1", "-1", "+a", "+1", ".2", "1!"],
  maven: ["0", "1", "10", ".", "-", "alpha", "rc", "snapshot", "sp", "ga", "foo", "a1"],
  rubygems: ["0", "1", "10", ".", "-", "a", "b", "rc", "pre"],
  nuget: ["0", "1", "10", ".0", ".1", "-", "-rc", ".a", "-RC", "+b"],
  composer: ["0", "1", "10", ".0", ".1", "-alpha", "-RC1", "-dev", "-p1", "2020"],
  windows: ["0", "1", "10", ".0", ".1", ".22621"],
  apple: ["0", "1", "10", ".0", ".1", " (a)", " (c)"],
  homebrew: ["0", "1", "9", "10", "a", "b1", "e", ".", "-", "rc1", "p1", "_1", "alpha", "00"],
  generic: ["0", "1", "9", "10", "a", "b1", "k", ".", "-", "rc1", "p1", "2023", "2020-10-29", " (1)", "-abc1234", "+x", "esr"],
};
const PIECES_MAX = 7;
/** Almost as long as a version may be. */
const HOSTILE_CHARACTERS = 250;

/** Texts of which most are versions of the scheme, every now and then anything at all. */
function versionText(scheme: VersionScheme): fc.Arbitrary<string> {
  const pieces = fc.array(fc.constantFrom(...PIECES[scheme]), { maxLength: PIECES_MAX });
  return fc.oneof(
    { weight: 9, arbitrary: pieces.map((list) => `1${list.join("")}`) },
    { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
  );
}

/** What `a` against `c` must be, from `a` against `b` and `b` against `c`; null when these do not say. */
function impliedOrder(ab: number, bc: number): number | null {
  return ab * bc < 0 ? null : ab || bc;
}

describe.each(VERSION_SCHEMES)("%s is an order", (scheme) => {
  const order = versionOrder(scheme);
  const parsed = versionText(scheme).map((text) => ({ text, value: order.parse(text) }));
  const version = parsed.filter(({ value }) => value !== null);
  /** rpm and pacman take a missing release as any: only versions that tell one are totally ordered. */
  const whole = scheme === "rpm" || scheme === "pacman" ? versionText(scheme).map((text) => `${text}-1`) : versionText(scheme);
  const member = whole.map((text) => order.parse(text)).filter((value) => value !== null);

  test("a version is the same as itself, parsed again", () => {
    fc.assert(
      fc.property(version, ({ text, value }) => {
        expect(order.compare(value, order.parse(text))).toBe(0);
      }),
    );
  });

  test("turned round, the comparison is the reverse, or there is none either way", () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        const there = order.compare(a.value, b.value);
        const back = order.compare(b.value, a.value);
        expect(back).toBe(there === null || there === 0 ? there : -there);
      }),
      { numRuns: 500 },
    );
  });

  test("it is transitive wherever it says something, and what is the same compares the same with all else", () => {
    fc.assert(
      fc.property(member, member, member, (a, b, c) => {
        const [ab, bc, ac] = [order.compare(a, b), order.compare(b, c), order.compare(a, c)];
        fc.pre(ab !== null && bc !== null && ac !== null);
        expect(impliedOrder(ab, bc) ?? ac).toBe(ac);
      }),
      { numRuns: 3000 },
    );
  });

  test("any text at all is parsed or refused, never thrown at", () => {
    fc.assert(
      fc.property(parsed, parsed, (a, b) => {
        const expected = a.value === null || b.value === null ? null : order.compare(a.value, b.value);
        expect(compareVersions(scheme, a.text, b.text)).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  test("a hostile text takes no long", () => {
    const tails = ["", "!", "-", ".x"];
    const hostile = (): void => {
      for (const piece of [...PIECES[scheme], "1", "a", "1.", "-1", "a1"]) {
        for (const start of ["1", "1.0-beta", "1.0_p", "2020-"]) {
          for (const tail of tails)
            order.parse((start + piece.repeat(HOSTILE_CHARACTERS / piece.length)).slice(0, HOSTILE_CHARACTERS) + tail);
        }
      }
      order.parse("1".repeat(1_000_000));
    };
    expect(cpuMilliseconds(hostile)).toBeLessThan(1000);
  });
});
