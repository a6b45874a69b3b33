import fc from "fast-check";
import { expect, test } from "vitest";
import { cleanText } from "./text.ts";

test("control characters and broken pairs go, the rest stays", () => {
  expect(cleanText("  Zoë’s\u0000 Mac\tBook 💻 \n", 255)).toBe("Zoë’s  Mac Book 💻");
  expect(cleanText("a\ud83d", 10)).toBe("a\ufffd");
});

test("a long text is cut, never inside a surrogate pair", () => {
  expect(cleanText("abc💻", 4)).toBe("abc");
  expect(cleanText("x".repeat(1_000_000), 255)).toHaveLength(255);
});

test("whatever comes in, what comes out is short, well-formed, trimmed and free of control characters", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 20 }), (value, max) => {
      const text = cleanText(value, max);
      expect(text.length).toBeLessThanOrEqual(max);
      expect(text.isWellFormed()).toBe(true);
      expect(text).toBe(text.trim());
      // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
      expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/u);
    }),
  );
});
