/** A case-insensitive "contains" pattern for LIKE over a lower-cased column; the text's own wildcards are taken literally. */
export function likePattern(text: string): string {
  return `%${text.toLowerCase().replaceAll(/[\\%_]/g, (c) => `\\${c}`)}%`;
}
