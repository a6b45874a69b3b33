/** The value of a JSON text; null when it is none. For files of programs that may be writing them right now. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A member of an object by its path, undefined when there is none. Inherited members are none. */
export function member(value: unknown, ...path: string[]): unknown {
  let found: unknown = value;
  for (const name of path) {
    if (typeof found !== "object" || found === null || Array.isArray(found) || !Object.hasOwn(found, name)) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}

/** A member's text, "" when it is none. */
export function textMember(value: unknown, ...path: string[]): string {
  const found = member(value, ...path);
  return typeof found === "string" ? found : "";
}
