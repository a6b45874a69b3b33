import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { callerAddress } from "./caller-address.ts";

const from = (remoteAddress: string, forwarded?: string): IncomingMessage =>
  ({ socket: { remoteAddress }, headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded } }) as never;

test.each([
  ["the peer itself", from("198.51.100.7"), "198.51.100.7"],
  ["a stranger who says he is somebody else", from("198.51.100.7", "203.0.113.9"), "198.51.100.7"],
  ["a proxy on this machine", from("127.0.0.1", "203.0.113.9"), "203.0.113.9"],
  ["the same by IPv6", from("::1", "2001:db8::1"), "2001:db8::1"],
  ["several proxies: not for us to say", from("127.0.0.1", "203.0.113.9, 10.0.0.1"), null],
  ["a proxy that names no address", from("127.0.0.1", "unknown"), null],
])("%s", (_what, request, address) => {
  expect(callerAddress(request)).toBe(address);
});
