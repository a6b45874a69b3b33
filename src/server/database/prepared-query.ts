import { CompiledQuery } from "kysely";

/**
 * A statement that PostgreSQL parses and plans once a connection instead of at every call: for the few that run thousands of times a second (4
 * times as many polls a second were measured). Run it with `db.executeQuery(…)`. Not for statements whose best plan depends on the values.
 *
 * @param name unique in the code; the text under it must never vary
 * @param text SQL with `$1`, `$2`, …
 */
export function preparedQuery<R>(name: string, text: string, parameters: readonly unknown[]): CompiledQuery<R> {
  // Kysely hands `sql` to pg's `query(sql, parameters)` untouched, and pg takes `{ name, text }` there for a prepared statement
  return CompiledQuery.raw({ name, text } as unknown as string, [...parameters]);
}
