import { expect, test } from "vitest";
import { isLoopback, powershellWord, serverAddress, shellWord } from "./server-address.ts";

test.each([
  ["https://muster.example.org", "https://muster.example.org"],
  [" https://muster.example.org/ ", "https://muster.example.org"],
  ["http://10.0.0.5:8080", "http://10.0.0.5:8080"],
  ["https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"],
  ["muster.example.org", null],
  ["https://", null],
  ["https://a b", null],
  ["https://user:pw@host", null],
  ["https://host/path", null],
  ["javascript:alert(1)", null],
])("%s is %s", (text, address) => {
  expect(serverAddress(text)).toBe(address);
});

test("addresses of the machine itself", () => {
  expect(isLoopback("http://127.0.0.1:8080")).toBe(true);
  expect(isLoopback("http://localhost:8080")).toBe(true);
  expect(isLoopback("http://[::1]:8080")).toBe(true);
  expect(isLoopback("https://muster.example.org")).toBe(false);
});

test("a secret with signs stays one word in a shell", () => {
  expect(shellWord("abcDEF012345==")).toBe("abcDEF012345==");
  expect(shellWord("a b$(reboot)'x")).toBe(String.raw`'a b$(reboot)'\''x'`);
  expect(powershellWord("it's")).toBe("'it''s'");
});
