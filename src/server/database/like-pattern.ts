/** A "contains" pattern for LIKE and ILIKE; the text's own wildcards are taken literally. */
export function containsPattern(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, (character) => `\\${character}`)}%`;
}
