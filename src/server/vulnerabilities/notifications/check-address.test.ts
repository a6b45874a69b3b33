import { describe, expect, test } from "vitest";
import { AddressRefused, checkAddress, checkUrl, guardedLookup } from "./check-address.ts";

describe("addresses", () => {
  test.each(["8.8.8.8", "1.1.1.1", "2606:4700::1111", "172.15.0.1", "172.32.0.1"])("%s may be called", (address) => {
    expect(() => checkAddress(address, false)).not.toThrow();
  });

  test.each([
    "10.1.2.3",
    "127.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "::1",
    "fd00::1",
    "::ffff:10.0.0.1",
    "::ffff:7f00:1",
    "64:ff9b::10.0.0.1",
    "2002:7f00:1::",
  ])("%s may be called only where the rule says so", (address) => {
    expect(() => checkAddress(address, false)).toThrow(AddressRefused);
    expect(() => checkAddress(address, true)).not.toThrow();
  });

  test.each([
    "169.254.169.254",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "fe80::1",
    "ff02::1",
    "fe80::1%eth0",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
  ])("%s may never be called", (address) => {
    expect(() => checkAddress(address, true)).toThrow(AddressRefused);
  });
});

test("an address of a webhook is http or https, without credentials; numbers written in other ways are seen through", () => {
  for (const url of [
    "ftp://example.org/",
    "file:///etc/passwd",
    "javascript:1",
    "example.org",
    "",
    "https://user:secret@example.org/",
  ]) {
    expect(() => checkUrl(url, true)).toThrow(AddressRefused);
  }
  for (const url of [
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f.0.0.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
  ]) {
    expect(() => checkUrl(url, false)).toThrow(AddressRefused);
  }
  expect(checkUrl("https://hooks.example.org/x", false).hostname).toBe("hooks.example.org");
});

test("a name that leads to this machine is refused when it is looked up", async () => {
  const resolved = await new Promise<{ error: Error | null; address: unknown }>((resolve) => {
    guardedLookup(false)("localhost", {}, (error, address) => resolve({ error, address }));
  });
  expect(resolved.error).toBeInstanceOf(AddressRefused);
  const allowed = await new Promise<{ error: Error | null; address: unknown }>((resolve) => {
    guardedLookup(true)("localhost", {}, (error, address) => resolve({ error, address }));
  });
  expect(allowed.error).toBeNull();
  expect(["127.0.0.1", "::1"]).toContain(allowed.address);
});
