import fc from "fast-check";
import { expect, test } from "vitest";
import { compareAsRead } from "./compare-as-read.ts";

test.each([
  ["1.9", "1.10"],
  ["9", "10"],
  ["1.0", "1.0.1"],
  ["1.0rc1", "1.0"],
  ["2.0-beta.2", "2.0-beta.11"],
  ["1.0~rc1-1", "1.0-1"],
  ["1.0.2", "1.0.2a"],
  ["22.04.3 LTS (Jammy Jellyfish)", "24.04 LTS"],
  ["120.0.6099.109", "120.0.6099.110"],
  ["0.99999999999999999999", "0.100000000000000000000"],
])("%s is older than %s", (older, newer) => {
  expect(compareAsRead(older, newer)).toBeLessThan(0);
  expect(compareAsRead(newer, older)).toBeGreaterThan(0);
});

test.each([
  ["1.0", "1.0.0"],
  ["1", "v1".slice(1)],
  ["01.2", "1.02"],
  ["1.2-3", "1.2.3"],
])("%s is the same as %s", (a, b) => {
  expect(compareAsRead(a, b)).toBe(0);
});

test("the comparison is an order: turned round it is the reverse, and it is transitive", () => {
  const version = fc.stringMatching(/^[0-9a-c.~]{0,8}(rc|beta)?[0-9.]{0,4}$/);
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      expect(Math.sign(compareAsRead(a, b))).toBe(-Math.sign(compareAsRead(b, a)) + 0);
      const [x, y, z] = [a, b, c].toSorted(compareAsRead) as [string, string, string];
      expect(compareAsRead(x, y)).toBeLessThanOrEqual(0);
      expect(compareAsRead(y, z)).toBeLessThanOrEqual(0);
      expect(compareAsRead(x, z)).toBeLessThanOrEqual(0);
    }),
  );
});
