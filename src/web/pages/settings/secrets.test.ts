import { expect, test } from "vitest";
import { randomSecret, secretProblem } from "./secrets.ts";

test("a proposed secret is valid and never the same", () => {
  const [a, b] = [randomSecret(), randomSecret()];
  expect(a).toHaveLength(32);
  expect(secretProblem(a, [])).toBeUndefined();
  expect(a).not.toBe(b);
});

test("what the API would refuse is said before", () => {
  expect(secretProblem("short", [])).toBe("At least 16 characters");
  expect(secretProblem("has a space in it", [])).toContain("without spaces");
  expect(secretProblem("ümlaut-is-not-ascii", [])).toContain("ASCII");
  expect(secretProblem("x".repeat(256), [])).toBe("At most 255 characters");
  expect(secretProblem("x".repeat(16), ["x".repeat(16)])).toBe("This secret exists already");
  expect(
    secretProblem(
      "x".repeat(16),
      Array.from({ length: 50 }, (_, i) => String(i)),
    ),
  ).toContain("remove one first");
});
