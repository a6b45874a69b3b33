import fc from "fast-check";
import { expect, test } from "vitest";
import { visible, visibleJson } from "./visible.ts";

test("what would act on a terminal is written out; everything else stays", () => {
  expect(visible("a\u001b[31mred\u001b[0m\n\tb\u0000")).toBe("a\\x1b[31mred\\x1b[0m\\n\\tb\\x00");
  expect(visible("C1 \u009b2J, bidi \u202egnp.exe")).toBe("C1 \\x9b2J, bidi \\u202egnp.exe");
  expect(visible("Zoë’s 💻 – 微信 \\n")).toBe("Zoë’s 💻 – 微信 \\n");
});

test("JSON parses to exactly what it was made of and holds nothing that acts on a terminal", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: "binary" }), (value, text) => {
      const json = visibleJson({ value, text });
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify({ value, text })));
      // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
      expect(json).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u);
    }),
  );
});
