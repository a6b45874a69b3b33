import type { NetworkInterfaceInfo } from "node:os";

/** The address and hardware address by which the device reaches its network; "" when it has none. */
export interface PrimaryAddress {
  primary_ip: string;
  primary_mac: string;
}

const NO_MAC = "00:00:00:00:00:00";

/**
 * The interface of the default route with the lowest metric, null when there is none.
 *
 * @param ipv4 text of /proc/net/route
 * @param ipv6 text of /proc/net/ipv6_route, looked at only when IPv4 has no default route
 */
export function defaultInterface(ipv4: string, ipv6: string): string | null {
  return best(ipv4Defaults(ipv4)) ?? best(ipv6Defaults(ipv6));
}

interface Route {
  name: string;
  metric: number;
}

function best(routes: Route[]): string | null {
  return routes.toSorted((a, b) => a.metric - b.metric)[0]?.name ?? null;
}

/** Columns: Iface Destination Gateway Flags RefCnt Use Metric Mask …; flag 1 is "up" (proc_net(5)). */
function ipv4Defaults(text: string): Route[] {
  const rows = text.split("\n").map((line) => line.trim().split(/\s+/));
  return rows
    .filter((row) => row[1] === "00000000" && row[7] === "00000000" && isUp(row[3]))
    .map((row) => ({ name: row[0] ?? "", metric: Number(row[6]) }));
}

/** Columns: destination, its prefix length, source, its length, next hop, metric, reference count, use, flags, interface. */
function ipv6Defaults(text: string): Route[] {
  const rows = text.split("\n").map((line) => line.trim().split(/\s+/));
  return rows
    .filter((row) => /^0{32}$/.test(row[0] ?? "") && row[1] === "00" && row[9] !== "lo" && isUp(row[8]))
    .map((row) => ({ name: row[9] ?? "", metric: Number.parseInt(row[5] ?? "", 16) }));
}

function isUp(flags: string | undefined): boolean {
  return Number.parseInt(flags ?? "0", 16) % 2 === 1;
}

/**
 * The primary address: IPv4 of the default route's interface, else its IPv6 (no link-local one). Without a default route, the
 * first interface that is not internal.
 */
export function primaryAddress(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>, name: string | null): PrimaryAddress {
  const candidates = name === null ? Object.keys(interfaces).toSorted() : [name];
  for (const candidate of candidates) {
    const addresses = (interfaces[candidate] ?? []).filter(
      (address) => !address.internal && !address.address.startsWith("fe80:"),
    );
    const chosen = addresses.find((address) => address.family === "IPv4") ?? addresses[0];
    if (chosen !== undefined) return { primary_ip: chosen.address, primary_mac: chosen.mac === NO_MAC ? "" : chosen.mac };
  }
  return { primary_ip: "", primary_mac: "" };
}
