import { CliError, EXIT } from "./exit-codes.ts";

/**
 * The address of a server in one spelling, without a slash at the end: it names the saved login, too.
 *
 * @param origin where the text comes from, for the message: `--server`
 * @throws {CliError} when it is no usable address.
 */
export function serverAddress(text: string, origin: string): string {
  const url = URL.parse(text);
  const usable =
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.username === "" &&
    url.password === "" &&
    url.search === "" &&
    url.hash === "";
  if (usable) return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
  throw new CliError(
    EXIT.usage,
    `${origin} must be an address with http or https, for example https://muster.example.org; "${text}" is not.`,
  );
}

/** Is what is sent there readable to others on the way? */
export function isReadableOnTheWay(server: string): boolean {
  const { protocol, hostname } = new URL(server);
  return protocol === "http:" && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}
