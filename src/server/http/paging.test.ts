import fc from "fast-check";
import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { testDatabase } from "#test/support/postgres.ts";
import type { HttpError } from "./errors.ts";
import { applyKeyset, formatCursor, pageOf, pageResult, parseCursor } from "./paging.ts";
import type { PagingQuery } from "./paging.ts";

const KEYS = { orderKeys: ["id", "name"], defaultKey: "id", defaultDirection: "desc" } as const;

function errorsOf(query: PagingQuery): unknown {
  try {
    return pageOf(query, KEYS);
  } catch (error) {
    return { status: (error as HttpError).status, names: (error as HttpError).errors.map(({ name }) => name) };
  }
}

describe("pageOf", () => {
  test("pages by 100 unless told, by 20 with a page number alone, as documented", () => {
    expect(pageOf({}, KEYS)).toEqual({ limit: 100, offset: 0, orderKey: "id", direction: "desc", after: null });
    expect(pageOf({ page: 2 }, KEYS)).toMatchObject({ limit: 20, offset: 40 });
    expect(pageOf({ page: 2, per_page: 5 }, KEYS)).toMatchObject({ limit: 5, offset: 10 });
  });

  test("a given key is ascending unless told", () => {
    expect(pageOf({ order_key: "name" }, KEYS)).toMatchObject({ orderKey: "name", direction: "asc" });
    expect(pageOf({ order_key: "id" }, KEYS)).toMatchObject({ orderKey: "id", direction: "asc" });
    expect(pageOf({ order_key: "name", order_direction: "desc" }, KEYS)).toMatchObject({ direction: "desc" });
  });

  test("refuses contradictions by name", () => {
    expect(errorsOf({ after: "1" })).toEqual({ status: 400, names: ["after"] });
    expect(errorsOf({ order_direction: "asc" })).toEqual({ status: 400, names: ["order_direction"] });
    expect(errorsOf({ after: "1", order_direction: "asc", page: 1 })).toEqual({
      status: 400,
      names: ["after", "order_direction", "page"],
    });
    expect(errorsOf({ order_key: "password_hash" })).toEqual({ status: 400, names: ["order_key"] });
    expect(pageOf({ order_key: "name", after: "x", page: 0 }, KEYS).after).toEqual({ value: "x", id: null });
  });
});

describe("a cursor", () => {
  test("is the value, URL-safe, a comma, the id", () => {
    expect(formatCursor("7-Zip, x64", 12)).toBe("7-Zip%2C%20x64,12");
    expect(formatCursor(null, 3)).toBe("%00,3");
    expect(parseCursor("7-Zip, x64")).toEqual({ value: "7-Zip, x64", id: null });
    expect(parseCursor("100%,5")).toEqual({ value: "100%,5", id: null });
  });

  test("comes back as it went, whatever the value", () => {
    const value = fc.option(fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0") && text.isWellFormed()));
    fc.assert(
      fc.property(value, fc.nat(), (text, id) => {
        expect(parseCursor(formatCursor(text, id))).toEqual({ value: text, id });
      }),
    );
  });
});

describe("paging by keyset", () => {
  test("shows every row exactly once, with NULLs, equal values and microseconds, in both directions", async () => {
    const database = await testDatabase();
    const { db } = database;
    await sql`CREATE TABLE rows (id bigint PRIMARY KEY, word text, number integer, at timestamptz)`.execute(db);
    await sql`
      INSERT INTO rows
      SELECT i, (ARRAY['a', 'B', 'ä', 'a,1', '', NULL, '%00'])[1 + i % 7], nullif(i % 4, 3), nullif(i % 5, 4) * interval '1 microsecond' + timestamptz '2026-01-31T12:00:00Z'
      FROM generate_series(1, 83) i`.execute(db);
    for (const key of ["word", "number", "at", "id"]) {
      for (const direction of ["asc", "desc"] as const) {
        for (const per_page of [1, 4, 83, 100]) {
          const nulls = direction === "asc" ? sql`NULLS LAST` : sql`NULLS FIRST`;
          const order = sql`ORDER BY ${sql.ref(key)} ${sql.raw(direction)} ${nulls}, id ${sql.raw(direction)}`;
          const { rows: expected } = await sql<{ id: number }>`SELECT id FROM rows ${order}`.execute(db);
          const seen: number[] = [];
          let after: string | undefined;
          do {
            const query = { order_key: key, order_direction: direction, per_page, ...(after === undefined ? {} : { after }) };
            const page = pageOf(query, { orderKeys: ["word", "number", "at", "id"] });
            const source = db.selectFrom(sql<{ id: number }>`rows`.as("rows")).select("rows.id");
            const found = await applyKeyset(source, sql.ref(`rows.${key}`), sql.ref("rows.id"), page).execute();
            const { rows, meta } = pageResult(found, page);
            expect(rows.length).toBeLessThanOrEqual(per_page);
            expect(meta.has_previous_results).toBe(after !== undefined);
            expect(meta.has_next_results).toBe(meta.next_cursor !== undefined);
            for (const row of rows) expect(Object.keys(row)).toEqual(["id"]);
            seen.push(...rows.map((row) => row.id));
            after = meta.next_cursor;
          } while (after !== undefined);
          expect([key, direction, per_page, ...seen]).toEqual([key, direction, per_page, ...expected.map((row) => row.id)]);
        }
      }
    }
    await database.close();
  });

  test("a bare value, as clients of Fleet send it, starts after all rows that have it", async () => {
    const database = await testDatabase();
    const { db } = database;
    await sql`CREATE TABLE rows (id bigint PRIMARY KEY, word text)`.execute(db);
    await sql`INSERT INTO rows VALUES (1, 'a'), (2, 'b'), (3, 'b'), (4, 'c'), (5, NULL)`.execute(db);
    const idsAfter = async (order_direction: "asc" | "desc"): Promise<number[]> => {
      const page = pageOf({ order_key: "word", order_direction, after: "b" }, { orderKeys: ["word"] });
      const source = db.selectFrom(sql<{ id: number }>`rows`.as("rows")).select("rows.id");
      const found = await applyKeyset(source, sql.ref("rows.word"), sql.ref("rows.id"), page).execute();
      return pageResult(found, page).rows.map((row) => row.id);
    };
    expect(await idsAfter("asc")).toEqual([4, 5]);
    expect(await idsAfter("desc")).toEqual([1]);
    await database.close();
  });
});
