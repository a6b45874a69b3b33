import fc from "fast-check";
import { expect, it } from "vitest";
import { commonName, compareCodePoints } from "./common-name.ts";

it.each([
  [["Slack Helper (GPU)", "Slack Helper (Renderer)"], "Slack Helper"],
  [["Slack", "Slack Helper"], "Slack"],
  [["Parallels Desktop 15", "Parallels Desktop 16"], "Parallels Desktop"],
  [["Calculator", "Calculatrice"], "Calculator"],
  [["PIPAgent", "Picture in Picture"], "PIPAgent"],
  [["Microsoft Visual C++ a", "Microsoft Visual C++ b"], "Microsoft Visual C++"],
  [["Only"], "Only"],
  [["( a", "( b"], "( a"],
])("%j → %s", (names, expected) => {
  expect(commonName(names)).toBe(expected);
  expect(commonName(names.toReversed())).toBe(expected);
});

const name = fc
  .array(fc.constantFrom("Foo", "Bar", "(GPU)", " ", "  ", "\t", "-", "é", "😀", "\u00a0", "2", "Fo"), {
    minLength: 1,
    maxLength: 6,
  })
  .map((parts) => parts.join(""));

it("depends on neither the order of the names nor on more than the first, the last and the shortest", () => {
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 8 }), (names) => {
      const sorted = names.toSorted(compareCodePoints);
      const shortest = names.toSorted((a, b) => Array.from(a).length - Array.from(b).length || compareCodePoints(a, b))[0];
      const three = [sorted[0]!, sorted.at(-1)!, shortest!];
      expect(commonName(three)).toBe(commonName(names));
      expect(commonName(names.toReversed())).toBe(commonName(names));
      expect(commonName(names)).not.toBe("");
    }),
    { numRuns: 2000 },
  );
});
