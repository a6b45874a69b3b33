// C0 and C1 control characters and DEL: they make names unreadable, and PostgreSQL's text cannot hold NUL
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/gu;

/**
 * A short text from outside, made fit to store and show: control characters become spaces, halves of surrogate pairs are
 * replaced, white space at the ends goes, and what is longer than `lengthMax` UTF-16 units is cut (never inside a pair).
 *
 * Not for software rows, whose characters distinguish them (see software/hygiene.ts).
 */
export function cleanText(value: string, lengthMax: number): string {
  const text = value
    .slice(0, lengthMax * 4)
    .toWellFormed()
    .replaceAll(CONTROL, " ")
    .trim();
  if (text.length <= lengthMax) return text;
  return text
    .slice(0, lengthMax)
    .toWellFormed()
    .replace(/\ufffd$/u, "")
    .trimEnd();
}
