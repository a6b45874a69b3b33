import { expect, test } from "vitest";
import { withTable } from "./documented.ts";

const TEXT = `# Figures

| group | cases |
| ----- | ----- |
| a     | 1     |

| group | label | source |
| ----- | ----- | ------ |
| a     | b     | c      |

| feed | right |
| ---- | ----- |
| osv  | 1     |
`;

test("a run's table takes the place of the one before, and leaves all else", () => {
  const written = withTable(TEXT, ["| group | cases |", "| --- | --- |", "| a | 2 |", "| longer name | 30 |"]);
  expect(written).toBe(
    TEXT.replace(
      /\| group \| cases[^#]*?1     \|\n/,
      "| group       | cases |\n| ----------- | ----- |\n| a           | 2     |\n| longer name | 30    |\n",
    ),
  );
});

test("the last table keeps the end of the document", () => {
  expect(withTable(TEXT, ["| feed | right |", "| --- | --- |", "| osv | 7 |"])).toMatch(/\| osv {2}\| 7 {5}\|\n$/);
});

test("a document without the table is refused, not written to its end", () => {
  expect(() => withTable(TEXT, ["| kind | cases |", "| --- | --- |"])).toThrow('not one table "kind"');
});
