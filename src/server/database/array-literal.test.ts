import fc from "fast-check";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";
import { numberArray, textArray } from "./array-literal.ts";

let database: TestDatabase;
let client: Client;

beforeAll(async () => {
  database = await testDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.close();
});

async function roundTrip(type: string, literal: string | null): Promise<unknown> {
  return (await client.query<{ v: unknown }>(`SELECT $1::${type} AS v`, [literal])).rows[0]?.v;
}

const text = fc.string({ unit: "binary" }).map((s) => s.replaceAll("\u0000", "").toWellFormed());

test("texts arrive as they were, whatever they hold", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(text), { minLength: 1 }), async (values) => {
      const expected = values.every((value) => value === null) ? null : values;
      expect(await roundTrip("text[]", textArray(values))).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

test.each([[["NULL"]], [["null", "", "{}", "a,b", '"', "\\", "\n"]], [[null, "x"]]])("%j", async (values) => {
  expect(await roundTrip("text[]", textArray(values))).toEqual(values);
});

test("an array in an array's text is read back by a cast", async () => {
  const paths = [["/a b", 'C:\\"x"'], null, ["ü,{"]];
  const literal = textArray(paths.map((list) => (list === null ? null : textArray(list))));
  const { rows } = await client.query<{ v: unknown }>("SELECT p::text[] AS v FROM unnest($1::text[]) p", [literal]);
  expect(rows.map((row) => row.v)).toEqual(paths);
});

test("numbers, with nulls between them, and nothing but nulls", async () => {
  expect(await roundTrip("integer[]", numberArray([1, null, 2_147_483_647]))).toEqual([1, null, 2_147_483_647]);
  expect(numberArray([null, null])).toBeNull();
  expect(textArray([null])).toBeNull();
});
