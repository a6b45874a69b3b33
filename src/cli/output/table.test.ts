import fc from "fast-check";
import { expect, test } from "vitest";
import type { Column } from "./table.ts";
import { formatPairs, formatTable } from "./table.ts";
import { displayWidth, fitWidth } from "./width.ts";

interface Row {
  name: string;
  count: number;
}
const COLUMNS: Column<Row>[] = [
  { title: "NAME", value: (row) => row.name, shrinks: true },
  { title: "COUNT", value: (row) => row.count, align: "right" },
];

test("columns are aligned: text left, numbers right, wide characters counted as two", () => {
  const rows = [
    { name: "Visual Studio Code", count: 7 },
    { name: "微信", count: 1204 },
    { name: "Cafe\u0301 👩‍💻", count: 12 },
  ];
  expect(formatTable(COLUMNS, rows, null).lines).toEqual([
    "NAME                COUNT",
    "Visual Studio Code      7",
    "微信                 1204",
    "Cafe\u0301 👩‍💻                12",
  ]);
});

test("without a terminal nothing is cut, however long", () => {
  const name = "x".repeat(10_000);
  const table = formatTable(COLUMNS, [{ name, count: 1 }], null);
  expect(table.cut).toBe(false);
  expect(table.lines[1]).toContain(name);
});

test("on a terminal only what may shrink is cut, visibly", () => {
  const table = formatTable(COLUMNS, [{ name: "a name that is too long for this", count: 123_456 }], 24);
  expect(table).toEqual({ lines: ["NAME               COUNT", "a name that is …  123456"], cut: true });
});

test("a terminal too narrow for the table still gets every column", () => {
  const table = formatTable(COLUMNS, [{ name: "a name that is too long for this", count: 123_456 }], 5);
  expect(table.lines[1]).toBe("a name that…  123456");
});

test("whatever a device reports, a row stays one line and each line fits", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary", maxLength: 60 }), { maxLength: 5 }), (names) => {
      const { lines } = formatTable(
        COLUMNS,
        names.map((name, count) => ({ name, count })),
        40,
      );
      expect(lines).toHaveLength(names.length + 1);
      for (const line of lines) {
        // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u);
        expect(displayWidth(line)).toBeLessThanOrEqual(40);
      }
    }),
  );
});

test("a fitted text takes at most its width and keeps whole characters", () => {
  expect(fitWidth("微信微信", 5)).toBe("微信…");
  expect(fitWidth("👩‍💻👩‍💻", 3)).toBe("👩‍💻…");
  expect(fitWidth("short", 5)).toBe("short");
});

test("pairs stand under each other; those without a value are left out", () => {
  expect(
    formatPairs([
      ["Name", "web-01"],
      ["Serial number", ""],
      ["ID", 3],
      ["Disk", null],
    ]),
  ).toEqual(["Name  web-01", "ID    3"]);
});
