/** A server's address as devices are told it: scheme, host, port. Null when the text is not a whole http(s) address. */
export function serverAddress(text: string): string | null {
  const trimmed = text.trim().replace(/\/+$/u, "");
  if (!/^https?:\/\/[^\s/?#]+$/u.test(trimmed) || !URL.canParse(trimmed)) return null;
  const url = new URL(trimmed);
  return url.username === "" && url.password === "" ? url.origin : null;
}

/** Does the address lead to the machine that uses it? */
export function isLoopback(address: string): boolean {
  const { hostname } = new URL(address);
  return hostname === "localhost" || hostname.endsWith(".localhost") || hostname.startsWith("127.") || hostname === "[::1]";
}

/** A text as one word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,[\]-]+$/u.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** A text as one word of PowerShell. */
export function powershellWord(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
