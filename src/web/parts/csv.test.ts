import { expect, test } from "vitest";
import { csvText } from "./csv.ts";

test("quotes what needs quotes", () => {
  expect(
    csvText(
      ["name", "n"],
      [
        ['a "b", c', "1"],
        ["line\nbreak", "-2.5"],
      ],
    ),
  ).toBe('name,n\r\n"a ""b"", c",1\r\n"line\nbreak",-2.5\r\n');
});

test.each(["=1+1", "+SUM(A1)", "-cmd|'/c calc'!A1", "@x"])("a spreadsheet does not run %s", (cell) => {
  expect(csvText(["h"], [[cell]])).toContain(`'${cell}`);
});
