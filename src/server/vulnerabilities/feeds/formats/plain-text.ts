/** A text out of hostile data as one line that a database can hold and a terminal can show, of at most so many characters. */
export function plainText(text: string, length: number): string {
  return text
    .slice(0, length)
    .toWellFormed()
    .replaceAll(/\p{Cc}+/gu, " ");
}
