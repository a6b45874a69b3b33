// What a device reports is printed on an administrator's terminal: escape sequences would move its cursor, recolour it, set its
// title or type into it, and bidirectional controls would show text in another order than it has.
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;
const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Text from outside, fit for a terminal: what would act instead of being seen is written out, as `\x1b` or `\u202e`. */
export function visible(text: string): string {
  return text.toWellFormed().replace(UNPRINTABLE, escapeOf);
}

/** JSON, indented, whose text holds no character that acts on a terminal. It parses to exactly `value`. */
export function visibleJson(value: unknown): string {
  // C0 characters are escaped by JSON itself, except the line breaks of its own indentation
  return JSON.stringify(value, null, 2).replace(UNPRINTABLE, (char) => (char === "\n" ? char : jsonEscape(char)));
}

function escapeOf(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  return SHORT[char] ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : jsonEscape(char));
}

function jsonEscape(char: string): string {
  return `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
}
