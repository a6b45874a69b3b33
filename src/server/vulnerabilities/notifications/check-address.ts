import { lookup } from "node:dns";
import { BlockList, isIP, isIPv6, type LookupFunction } from "node:net";

/** What no rule may call: nobody's address, link-local (with the metadata services of clouds), multicast, reserved. */
const NEVER = blocks([
  "0.0.0.0/8",
  "169.254.0.0/16",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "::/128",
  "fe80::/10",
  "ff00::/8",
  "2001:db8::/32",
  "100::/64",
]);
/** What a rule may call only when it says so: this machine and private networks (IANA's special-purpose registries). */
const PRIVATE = blocks([
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "::1/128",
  "fc00::/7",
]);

function blocks(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits = ""] = range.split("/");
    list.addSubnet(address, Number(bits), isIPv6(address) ? "ipv6" : "ipv4");
  }
  return list;
}

/** An address that a webhook must not lead to; the message says so to people. */
export class AddressRefused extends Error {
  override readonly name = "AddressRefused";
}

/** @throws {AddressRefused} for an address that must not be called */
export function checkAddress(address: string, allowPrivate: boolean): void {
  const plain = embeddedIPv4(address) ?? address;
  const family = isIPv6(plain) ? "ipv6" : "ipv4";
  if (NEVER.check(plain, family))
    throw new AddressRefused(`${address} is link-local, multicast or reserved: webhooks never go there.`);
  if (!allowPrivate && PRIVATE.check(plain, family)) {
    throw new AddressRefused(`${address} is this machine's or of a private network: the rule must allow private addresses.`);
  }
}

/** The IPv4 address that an IPv6 one stands for: mapped (`::ffff:a.b.c.d`), NAT64 (`64:ff9b::`) and 6to4 (`2002::`). */
function embeddedIPv4(address: string): string | null {
  if (!isIPv6(address)) return null;
  const groups = expanded(address);
  const high = groups.slice(0, 6).join(":");
  const fromLast = `${dotted(groups[6])}.${dotted(groups[7])}`;
  if (high === "0:0:0:0:0:ffff" || high === "64:ff9b:0:0:0:0") return fromLast;
  if (high === "0:0:0:0:0:0" && (groups[6] ?? 0) !== "0") return fromLast;
  return groups[0] === "2002" ? `${dotted(groups[1])}.${dotted(groups[2])}` : null;
}

function dotted(group = "0"): string {
  const value = parseInt(group, 16);
  return `${value >> 8}.${value & 0xff}`;
}

/** The eight groups of an IPv6 address, without leading zeros. `URL` writes each address in one way, dotted ends included. */
function expanded(address: string): string[] {
  const host = new URL(`http://[${address.replace(/%.*$/, "")}]/`).hostname.slice(1, -1);
  const [head = "", tail] = host.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array.from({ length: zeros }, () => "0"), ...after];
}

/**
 * Checks what an address of a webhook tells by itself.
 *
 * @throws {AddressRefused} for another scheme than http and https, credentials in it, or an IP address that must not be called
 */
export function checkUrl(text: string, allowPrivate: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new AddressRefused("It must be an address with http or https.");
  }
  if (url.username !== "" || url.password !== "") throw new AddressRefused("It must not hold a user name or password.");
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (isIP(host) !== 0) checkAddress(host, allowPrivate);
  return url;
}

/**
 * A resolver for one connection that refuses names which lead to addresses that must not be called. The connection is made to the very
 * address that was checked, so a name that answers differently the next time gains nothing.
 */
export function guardedLookup(allowPrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      try {
        for (const { address } of addresses) checkAddress(address, allowPrivate);
      } catch (refused) {
        return callback(refused as Error, []);
      }
      const [first] = addresses;
      if (options.all === true || first === undefined) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };
}
