/** A "contains" pattern for LIKE and ILIKE; the text's own wildcards are taken literally. */
export function containsPattern(text: string): string {
  return `%${literal(text)}%`;
}

/** A "begins with" pattern for LIKE and ILIKE; the text's own wildcards are taken literally. */
export function beginPattern(text: string): string {
  return `${literal(text)}%`;
}

function literal(text: string): string {
  return text.replaceAll(/[\\%_]/g, (character) => `\\${character}`);
}
