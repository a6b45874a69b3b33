import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";
import type { Database } from "../database/tables.ts";
import { tooManyRequests } from "../http/errors.ts";
import type { AccessDeps } from "./deps.ts";
import { loginLimitDelete, loginLimitReturn, loginLimitTake } from "./login-limit-store.ts";

export const ATTEMPTS_PER_ACCOUNT_AND_ADDRESS = 10;
/** Several people may share an address. */
export const ATTEMPTS_PER_ADDRESS = 50;
export const WINDOW_SECONDS = 15 * 60;

/** Who tries: from where, and for which account (an e-mail address; null: none, as in set-up). */
export interface Attempt {
  address: string;
  account: string | null;
}

/**
 * Counts an attempt to prove who one is, before it is checked: attempts at the same moment cannot slip through together. The
 * counts live in the database, for all processes alike.
 *
 * @throws {HttpError} 429 with the seconds until the window ends
 */
export async function takeAttempt({ db, now }: Pick<AccessDeps, "db" | "now">, attempt: Attempt): Promise<void> {
  const time = now();
  const { address, account } = keysOf(attempt);
  const keys = account === null ? [address] : [account, address];
  const counts = await loginLimitTake(db, keys, time, new Date(time.getTime() + WINDOW_SECONDS * 1000));
  const over = counts.filter(
    ({ key, attempts }) => attempts > (key.equals(address) ? ATTEMPTS_PER_ADDRESS : ATTEMPTS_PER_ACCOUNT_AND_ADDRESS),
  );
  if (over.length === 0) return;
  const seconds = Math.ceil((Math.max(...over.map((count) => count.expires_at.getTime())) - time.getTime()) / 1000);
  throw tooManyRequests(seconds, "base", `Too many attempts. Try again in ${waitingTime(seconds)}.`);
}

/** A successful attempt does not count: the account starts anew and the address gets its attempt back. */
export async function forgiveAttempt(db: Database, attempt: Attempt): Promise<void> {
  const { address, account } = keysOf(attempt);
  if (account !== null) await loginLimitDelete(db, account);
  await loginLimitReturn(db, address);
}

function keysOf({ address, account }: Attempt): { address: Buffer; account: Buffer | null } {
  const network = networkOf(address);
  return {
    address: keyOf("address", network),
    account: account === null ? null : keyOf("account", account.toLowerCase(), network),
  };
}

function keyOf(...parts: string[]): Buffer {
  return createHash("sha256").update(JSON.stringify(parts)).digest();
}

/** One customer's IPv6 network is a /64: counting single addresses would count nothing. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!isIPv6(address)) return address;
  const [head = "", tail = ""] = (address.split("%", 1)[0] ?? "").split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === "" ? [] : tail.split(":");
  const zeros = address.includes("::") ? Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0") : [];
  const groups = [...before, ...zeros, ...after].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}

function waitingTime(seconds: number): string {
  return seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}
