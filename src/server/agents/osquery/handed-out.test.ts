import { expect, test } from "vitest";
import { HANDED_OUT_MS, HandedOut } from "./handed-out.ts";

const at = (ms: number): Date => new Date(1_700_000_000_000 + ms);

test("a batch goes out once, and again when its results came, when it is another one, or after a while", () => {
  const handedOut = new HandedOut();
  expect(handedOut.allows(1, "linux", null, at(0))).toBe(true);
  handedOut.mark(1, "linux", at(0));
  expect(handedOut.allows(1, "linux", null, at(10))).toBe(false);
  expect(handedOut.allows(1, "linux", at(-5), at(10))).toBe(false);
  expect(handedOut.allows(1, "linux", at(5), at(10))).toBe(true);
  expect(handedOut.allows(1, "linux refetch", null, at(10))).toBe(true);
  expect(handedOut.allows(2, "linux", null, at(10))).toBe(true);
  expect(handedOut.allows(1, "linux", null, at(HANDED_OUT_MS))).toBe(true);
  // a clock that was set back must not silence a host
  expect(handedOut.allows(1, "linux", null, at(-HANDED_OUT_MS))).toBe(true);
});
