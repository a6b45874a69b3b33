import { BlockList, isIP } from "node:net";
import type { IncomingMessage } from "node:http";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/**
 * Whom a request comes from, as the application itself says it (`trustProxy: "loopback"` in app.ts): a proxy on this machine may name
 * one address. Null where it names several, or none that is one: then the application is to find out.
 */
export function callerAddress({ socket, headers }: IncomingMessage): string | null {
  const { remoteAddress: peer } = socket;
  const forwarded = headers["x-forwarded-for"];
  if (peer === undefined || forwarded === undefined) return peer ?? null;
  if (!isLoopback(peer)) return peer;
  return typeof forwarded === "string" && isIP(forwarded) !== 0 ? forwarded : null;
}

function isLoopback(address: string): boolean {
  return LOOPBACK.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}
