/** Readers of single values of an address: what is not understood is `undefined`. */

export function oneOf<V extends string>(value: unknown, allowed: readonly V[]): V | undefined {
  return allowed.find((v) => v === value);
}

/** A comma list of allowed values, in their usual order, each once: equal choices make equal addresses. */
export function listedOf(value: unknown, allowed: readonly string[]): string | undefined {
  const named = new Set(typeof value === "string" ? value.split(",") : []);
  return textOf(allowed.filter((v) => named.has(v)).join(","));
}

export function numberOf<V extends number>(value: unknown, allowed: readonly V[]): V | undefined {
  return allowed.find((v) => String(v) === value);
}

/** A day that the calendar has, as native date inputs write it. */
export function dayOf(value: unknown): string | undefined {
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}$/u.test(value)) return undefined;
  const date = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value) ? value : undefined;
}

/** A number of rows: the API takes no more than this. */
export function countOf(value: unknown): number | undefined {
  const count = idOf(value);
  return count === undefined || count > 2_147_483_647 ? undefined : count;
}

export function idOf(value: unknown): number | undefined {
  return typeof value === "string" && /^[1-9]\d{0,14}$/u.test(value) ? Number(value) : undefined;
}

/** A switch that is on. */
export function flagOf(value: unknown): true | undefined {
  return value === "true" ? true : undefined;
}

/** A CVSS base score: 0 to 10, with a decimal point. */
export function scoreOf(value: unknown): number | undefined {
  if (typeof value !== "string" || !/^\d{1,2}(?:\.\d{1,2})?$/u.test(value)) return undefined;
  return Number(value) <= 10 ? Number(value) : undefined;
}

export function textOf(value: unknown, lengthMax = 255): string | undefined {
  return typeof value === "string" && value !== "" ? value.slice(0, lengthMax) : undefined;
}

/** Drops the fields without a value, so that equal searches are equal objects and addresses stay short. */
export function present<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
