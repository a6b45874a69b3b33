/** Fields of values that OSV's schema leaves to the publishers (`database_specific`, `ecosystem_specific`). */
export function field(value: unknown, name: string): string {
  const found = objectField(value, name);
  return typeof found === "string" ? found : "";
}

export function list(value: unknown, name: string): unknown[] {
  const found = objectField(value, name);
  return Array.isArray(found) ? found : [];
}

function objectField(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
