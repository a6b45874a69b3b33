import { Type } from "typebox";
import type { TLiteral, TProperties, TUnion } from "typebox";
import { PER_PAGE_MAX, QUERY_LENGTH_MAX } from "#domain/core/limits.ts";

/** A time as RFC 3339 in UTC. */
export const Time = Type.String({ format: "date-time" });
export const NullableTime = Type.Union([Time, Type.Null()]);

export function oneOf<const V extends readonly string[]>(
  values: V,
  options: { description?: string } = {},
): TUnion<{ -readonly [K in keyof V]: TLiteral<V[K] & string> }> {
  return Type.Union(
    values.map((v) => Type.Literal(v)),
    options,
  ) as never;
}

/** Numbers in a path: `/hosts/:id`. */
export const IdParams = Type.Object({ id: Type.Integer({ minimum: 1, description: "Identifier of the resource." }) });

/**
 * The paging parameters of every list (reference fleet-rest-api.md §1): by offset (`page`, `per_page`) or by cursor (`after`: the
 * last row's value of `order_key`, with its id after a comma when values repeat: take it from `meta.next_cursor`).
 */
export function pagingQuery<const K extends readonly string[], X extends TProperties>(orderKeys: K, extra: X) {
  return Type.Object(
    {
      page: Type.Optional(Type.Integer({ minimum: 0, description: "Page to return, from 0." })),
      per_page: Type.Optional(Type.Integer({ minimum: 1, maximum: PER_PAGE_MAX, description: "Rows per page; default 100." })),
      order_key: Type.Optional(oneOf(orderKeys)),
      order_direction: Type.Optional(oneOf(["asc", "desc"])),
      after: Type.Optional(
        Type.String({ maxLength: 1024, description: "Cursor: rows after this one; take it from `meta.next_cursor`." }),
      ),
      query: Type.Optional(Type.String({ maxLength: QUERY_LENGTH_MAX, description: "Search text." })),
      ...extra,
    },
    { additionalProperties: false },
  );
}

export const PageMeta = Type.Object({
  has_next_results: Type.Boolean(),
  has_previous_results: Type.Boolean(),
  next_cursor: Type.Optional(Type.String({ description: "Pass as `after` to get the next page at constant cost." })),
});
export type PageMeta = Type.Static<typeof PageMeta>;

/** An answer without content. */
export const Empty = Type.Object({});
