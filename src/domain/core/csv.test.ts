import fc from "fast-check";
import { expect, test } from "vitest";
import { csvLine } from "./csv.ts";

/** RFC 4180's grammar, read character by character. */
function parseCsv(text: string): string[][] {
  const lines: string[][] = [];
  let cells: string[] = [];
  let at = 0;
  while (at < text.length) {
    let cell = "";
    if (text[at] === '"') {
      for (at += 1; text[at] !== '"' || text[at + 1] === '"'; at += 1) {
        if (text[at] === '"') at += 1;
        cell += text[at];
      }
      at += 1;
    } else {
      while (text[at] !== "," && text[at] !== "\r") cell += text[at++];
    }
    cells.push(cell);
    if (text[at] === ",") at += 1;
    else {
      if (text.slice(at, at + 2) !== "\r\n") throw new Error(`no line end at ${at} of ${JSON.stringify(text)}`);
      at += 2;
      lines.push(cells);
      cells = [];
    }
  }
  return lines;
}

test("every cell reads back as it was, but for the apostrophe before a formula", () => {
  const texts = fc.array(fc.string({ unit: fc.constantFrom("a", ",", '"', "\r", "\n", "=", "-", "1", " ", "é") }), {
    minLength: 1,
  });
  fc.assert(
    fc.property(fc.array(texts, { minLength: 1, maxLength: 4 }), (lines) => {
      const read = parseCsv(lines.map(csvLine).join(""));
      const expected = lines.map((cells) => cells.map((cell) => (isFormula(cell) ? `'${cell}` : cell)));
      expect(read).toEqual(expected);
    }),
  );
});

function isFormula(cell: string): boolean {
  return /^[=+\-@\t\r]/.test(cell) && !/^-?\d+(\.\d+)?$/.test(cell);
}

test.each([
  ["=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"],
  ["+1-1", "'+1-1"],
  ["@SUM(A1)", "'@SUM(A1)"],
  ["-2+3", "'-2+3"],
  ["-5.25", "-5.25"],
  ["\tx", "'\tx"],
])("a formula is made text: %j", (cell, written) => {
  expect(csvLine([cell])).toBe(`${written}\r\n`);
});
