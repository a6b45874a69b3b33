import { sql } from "kysely";
import type { RawBuilder, SelectQueryBuilder } from "kysely";
import { PER_PAGE_DEFAULT } from "#domain/core/limits.ts";
import type { PageMeta } from "#protocol/rest/paging.ts";
import { badRequest, HttpError } from "./errors.ts";
import type { FieldError } from "./errors.ts";

/** Rows per page when `page` is given without `per_page` (reference fleet-rest-api.md §1). */
const PER_PAGE_WITH_PAGE = 20;
/** What stands for SQL's NULL in a cursor. PostgreSQL's text never holds a NUL character, so it means nothing else. */
const NULL_MARK = "%00";

/** The paging part of a query, as `pagingQuery` of the protocol validates it. */
export interface PagingQuery {
  page?: number;
  per_page?: number;
  order_key?: string;
  order_direction?: "asc" | "desc";
  after?: string;
}

/** Where a page starts by cursor. `id` null: only a value was given, and the page starts after all rows that have it. */
export interface Cursor {
  value: string | null;
  id: number | null;
}

/** One page of a list that is ordered by (order key, id). */
export interface Page<K extends string = string> {
  limit: number;
  offset: number;
  orderKey: K;
  direction: "asc" | "desc";
  after: Cursor | null;
}

export interface PageOptions<K extends string> {
  /** The order keys that the list knows, as in its endpoint; the first is used when nothing else is said. */
  orderKeys: readonly K[];
  defaultKey?: K;
  defaultDirection?: "asc" | "desc";
}

/**
 * Reads the page that a query asks for. `order_direction` alone never happens (it needs `order_key`), so a given key without a
 * direction is ascending, as documented, and the default direction belongs to the default key.
 *
 * @throws {HttpError} 400 when parameters contradict each other (see {@link checkPagingRules}).
 */
export function pageOf<const K extends string>(query: PagingQuery, options: PageOptions<K>): Page<K> {
  checkPagingRules(query);
  const asked = options.orderKeys.find((key) => key === query.order_key);
  if (query.order_key !== undefined && asked === undefined) {
    throw badRequest("order_key", `Not a key to order by. Allowed: ${options.orderKeys.join(", ")}.`);
  }
  const orderKey = asked ?? options.defaultKey ?? options.orderKeys[0];
  if (orderKey === undefined) throw new Error("a list needs at least one order key");
  const limit = query.per_page ?? (query.page === undefined ? PER_PAGE_DEFAULT : PER_PAGE_WITH_PAGE);
  return {
    limit,
    offset: (query.page ?? 0) * limit,
    orderKey,
    direction: query.order_direction ?? (asked === undefined ? (options.defaultDirection ?? "asc") : "asc"),
    after: query.after === undefined ? null : parseCursor(query.after),
  };
}

/**
 * Refuses paging parameters that contradict each other (reference fleet-rest-api.md §1): `after` and `order_direction` need
 * `order_key`; `after` and `page` exclude each other (page 0 is no page).
 *
 * @throws {HttpError} 400 with every broken rule.
 */
export function checkPagingRules(query: PagingQuery): void {
  const errors: FieldError[] = [];
  for (const name of ["after", "order_direction"] as const) {
    if (query[name] === undefined || query.order_key !== undefined) continue;
    errors.push({ name, reason: `${name} needs order_key: say also which key the list is ordered by.` });
  }
  if (query.after !== undefined && (query.page ?? 0) > 0) {
    errors.push({ name: "page", reason: "page and after exclude each other: page by offset or by cursor, not both." });
  }
  if (errors.length > 0) throw new HttpError(400, errors);
}

/** All rows of a list in a page's order: what an export of that list reads. */
export function wholeList<K extends string>(page: Page<K>): Page<K> {
  return { ...page, limit: Number.MAX_SAFE_INTEGER - 1, offset: 0, after: null };
}

/**
 * The text of a cursor: the row's value of the order key, URL-safe, a comma, the row's id. Clients take it from
 * `meta.next_cursor` and pass it as `after`; it needs no secrecy and no state on the server.
 *
 * @example formatCursor("7-Zip, x64", 12) === "7-Zip%2C%20x64,12"
 */
export function formatCursor(value: string | null, id: number): string {
  return `${value === null ? NULL_MARK : encodeURIComponent(value)},${id}`;
}

/** Reads a cursor. Text without an id is taken as a bare value, as clients of Fleet send it. */
export function parseCursor(text: string): Cursor {
  const [, value, id] = /^([^,]*),(\d{1,15})$/.exec(text) ?? [];
  if (value === undefined) return { value: text, id: null };
  if (value === NULL_MARK) return { value: null, id: Number(id) };
  try {
    return { value: decodeURIComponent(value), id: Number(id) };
  } catch {
    return { value: text, id: null }; // a bare value with a percent sign that happens to end like a cursor
  }
}

/** The two columns that {@link applyKeyset} adds to each row and {@link pageResult} takes off again. */
export interface KeysetColumns {
  cursor_value: string | null;
  cursor_id: number;
}

export interface KeysetOptions {
  /**
   * Whether the column can be NULL; default true, which is always right. Say false for NOT NULL columns: the condition is then
   * one row comparison, which an index on (column, id) answers without reading the rows before the cursor.
   */
  nullable?: boolean;
}

type Fragment = RawBuilder<unknown>;

/**
 * Orders a query by (column, id) and cuts one page out of it, by cursor and by offset; reads one row more than the page holds,
 * from which {@link pageResult} tells whether there is a next page. NULL counts as the greatest value, as PostgreSQL orders it, so
 * that plain indexes serve both directions.
 *
 * @param column SQL of the order key's column, for example `sql.ref("hosts.hostname")`; comparable with its own text form
 * @param id SQL of a unique number column, which decides between equal values
 *
 * @example
 * const page = pageOf(query, { orderKeys: ["name", "id"] });
 * const rows = await applyKeyset(db.selectFrom("users").selectAll(), sql.ref(`users.${page.orderKey}`), sql.ref("users.id"), page).execute();
 * const { rows: users, meta } = pageResult(rows, page);
 */
export function applyKeyset<DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>,
  column: Fragment,
  id: Fragment,
  page: Page,
  options: KeysetOptions = {},
): SelectQueryBuilder<DB, TB, O & KeysetColumns> {
  const direction = page.direction;
  const after = page.after === null ? null : afterCondition(column, id, page.after, direction, options.nullable ?? true);
  const cut = after === null ? query : query.where(after);
  return cut
    .select([sql<string | null>`(${column})::text`.as("cursor_value"), sql<number>`${id}`.as("cursor_id")])
    .orderBy(sql`${column}`, direction)
    .orderBy(sql`${id}`, direction)
    .limit(page.limit + 1)
    .offset(page.offset) as unknown as SelectQueryBuilder<DB, TB, O & KeysetColumns>;
}

function afterCondition(column: Fragment, id: Fragment, after: Cursor, direction: "asc" | "desc", nullable: boolean) {
  const sign = direction === "asc" ? sql`>` : sql`<`;
  const ascending = direction === "asc";
  if (after.value === null) {
    const sameNulls = after.id === null ? sql`false` : sql`(${column} is null and ${id} ${sign} ${after.id})`;
    // NULLs are the greatest: they end an ascending list and begin a descending one
    return ascending ? sql<boolean>`${sameNulls}` : sql<boolean>`(${sameNulls} or ${column} is not null)`;
  }
  const further =
    after.id === null ? sql`${column} ${sign} ${after.value}` : sql`(${column}, ${id}) ${sign} (${after.value}, ${after.id})`;
  return nullable && ascending ? sql<boolean>`(${further} or ${column} is null)` : sql<boolean>`${further}`;
}

/**
 * Splits what {@link applyKeyset} read into the page's rows (without the added columns) and the `meta` of the answer.
 *
 * @param rows up to `page.limit + 1` rows in order
 */
export function pageResult<R extends KeysetColumns>(
  rows: readonly R[],
  page: Page,
): { rows: Omit<R, keyof KeysetColumns>[]; meta: PageMeta } {
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  const cursor = rows.length > page.limit && last !== undefined ? formatCursor(last.cursor_value, last.cursor_id) : null;
  return { rows: shown.map(({ cursor_value: _value, cursor_id: _id, ...row }) => row), meta: pageMeta(page, cursor) };
}

/** `meta` of a page, for lists that are not read by {@link applyKeyset}. `nextCursor` null: there is no next page. */
export function pageMeta(page: Page, nextCursor: string | null): PageMeta {
  return {
    has_next_results: nextCursor !== null,
    has_previous_results: page.offset > 0 || page.after !== null,
    ...(nextCursor === null ? {} : { next_cursor: nextCursor }),
  };
}
