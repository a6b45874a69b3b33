/** A value of a registry key: text for strings, a number for DWORDs; other kinds are left out. */
export type RegistryValue = string | number;

/** One key of an exported registry file with its values; names of values keep their spelling, `(default)` is `""`. */
export interface RegistryKey {
  /** The whole path as exported, for example `HKEY_LOCAL_MACHINE\SOFTWARE\…`. */
  path: string;
  values: Map<string, RegistryValue>;
}

/** Why a registry file could not be read. */
export class RegistryFileError extends Error {
  override readonly name = "RegistryFileError";
}

const HEADERS = ["Windows Registry Editor Version 5.00", "REGEDIT4"];
const KEYS_MAX = 200_000;
/** A value that goes on for longer is let go of: finding its end again with each line would take for ever. */
const VALUE_LENGTH_MAX = 262_144;

/** Text of a file that reg.exe exported: UTF-16 with a byte order mark, or the old form's single bytes. */
export function decodeRegistryFile(bytes: Uint8Array): string {
  const wide = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(wide ? "utf-16le" : "utf-8").decode(bytes);
}

/**
 * Reads what `reg export` wrote (the `.reg` format: `[key]` and `"name"=value` lines; a value's line ends with a backslash when it
 * goes on). A line that is none of these costs only itself.
 *
 * @throws RegistryFileError when it is no registry file, or has more keys than any machine
 */
export function parseRegistryFile(text: string): RegistryKey[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (!HEADERS.includes(lines[0]?.trim() ?? "")) throw new RegistryFileError("This is not an exported registry file.");
  const keys: RegistryKey[] = [];
  for (const line of joined(lines.slice(1))) {
    const key = /^\[(?!-)(.+)\]\s*$/.exec(line)?.[1];
    if (key !== undefined) keys.push({ path: key, values: new Map() });
    else if (keys.length > 0) readValue(line, keys.at(-1)?.values ?? new Map());
    if (keys.length > KEYS_MAX) throw new RegistryFileError(`The registry file has more than ${KEYS_MAX} keys.`);
  }
  return keys;
}

/** Lines of hex bytes that go on are made one; texts hold line ends of their own and are joined up to their closing quote. */
function* joined(lines: string[]): Generator<string> {
  let pending = "";
  for (const line of lines) {
    const whole = pending === "" ? line : pending + (isText(pending) ? `\n${line}` : line.trimStart());
    if (whole.length > VALUE_LENGTH_MAX) pending = "";
    else if (!isText(whole) && whole.endsWith("\\")) pending = whole.slice(0, -1);
    else if (isText(whole) && !isClosed(whole)) pending = whole;
    else {
      pending = "";
      yield whole;
    }
  }
}

function isText(line: string): boolean {
  return /^(@|"(?:[^"\\]|\\.)*")="/.test(line);
}

function isClosed(line: string): boolean {
  return /^(@|"(?:[^"\\]|\\.)*")="(?:[^"\\]|\\[\s\S])*"\s*$/.test(line);
}

function readValue(line: string, values: Map<string, RegistryValue>): void {
  const match = /^(?:@|"((?:[^"\\]|\\.)*)")=([\s\S]*)$/.exec(line);
  if (match === null) return;
  const value = decodeValue((match[2] ?? "").trimEnd());
  if (value !== null) values.set(unescaped(match[1] ?? ""), value);
}

function decodeValue(raw: string): RegistryValue | null {
  if (raw.startsWith('"')) return unescaped(raw.slice(1, -1));
  const dword = /^dword:([0-9a-f]{1,8})$/i.exec(raw)?.[1];
  if (dword !== undefined) return Number.parseInt(dword, 16);
  // REG_EXPAND_SZ (2) and REG_MULTI_SZ (7): UTF-16 bytes
  const bytes = /^hex\((?:1|2|7)\):([0-9a-f,\s]*)$/i.exec(raw)?.[1];
  return bytes === undefined ? null : wideText(bytes);
}

function wideText(hex: string): string {
  const bytes = hex
    .split(",")
    .map((byte) => Number.parseInt(byte, 16))
    .filter((byte) => !Number.isNaN(byte));
  return new TextDecoder("utf-16le").decode(Uint8Array.from(bytes)).replace(/\0+$/, "").replaceAll("\0", "\n");
}

function unescaped(text: string): string {
  return text.replaceAll(/\\([\s\S])/g, "$1");
}
