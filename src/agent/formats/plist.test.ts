import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePlist, plistDictionary, plistText } from "./plist.ts";
import { PlistError } from "./plist-value.ts";

const sample = (name: string) => readFileSync(new URL(`../sources/apps/samples/${name}`, import.meta.url));
const xml = (body: string) => Buffer.from(`<?xml version="1.0"?>\n<plist version="1.0">${body}</plist>`);

describe("property lists", () => {
  test("the XML form: texts, entities, nested values, empty elements", () => {
    const list = plistDictionary(sample("Firefox.plist"));
    expect(plistText(list, "CFBundleIdentifier")).toBe("org.mozilla.firefox");
    expect(list["NSHumanReadableCopyright"]).toBe('Firefox & friends <mozilla> "©" 🦊');
    expect(list["LSRequires"]).toBe(true);
    expect(list["Empty"]).toBe("");
    expect(list["CFBundleDocumentTypes"]).toEqual([{ CFBundleTypeRole: "Viewer", CFBundleTypeExtensions: ["html", "htm"] }]);
  });

  test("the binary form: all kinds of values, Unicode beyond the first plane", () => {
    expect({ ...plistDictionary(sample("PostmanHelper.plist")) }).toMatchObject({
      CFBundleName: "Postman Helper (GPU)",
      LSUIElement: true,
      Big: 2 ** 40,
      Neg: -5,
      Pi: 3.25,
      Date: Date.UTC(2026, 0, 2, 3, 4, 5) / 1000,
      Data: null,
      Nested: { a: [1, 2, ["x"]] },
      Unicode: "Ünïcödé 日本語 🦊",
    });
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["another format", Buffer.from("{}")],
    ["a list that is cut off", sample("Firefox.plist").subarray(0, 400)],
    ["a binary list that is cut off", sample("PostmanHelper.plist").subarray(0, 60)],
    ["entities of its own", Buffer.from('<!DOCTYPE plist [<!ENTITY a "b">]><plist><string>&a;</string></plist>')],
    ["endless nesting", xml("<array>".repeat(500))],
    ["a key without a value", xml("<dict><key>a</key></dict>")],
  ])("%s is refused with a sentence", (_what, bytes) => {
    expect(() => parsePlist(bytes)).toThrow(PlistError);
  });

  test("a key named __proto__ is only a key", () => {
    const list = plistDictionary(xml("<dict><key>__proto__</key><string>x</string><key>a</key><string>b</string></dict>"));
    expect(plistText(list, "a")).toBe("b");
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });

  test("whatever bytes are damaged, it ends with a value or with a PlistError", () => {
    const good = sample("PostmanHelper.plist");
    const damage = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(damage, (changes) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        expect(outcome(bytes)).toBe("as it should");
      }),
      { numRuns: 2000 },
    );
  });

  test("a list that names itself over and over is refused instead of growing for ever", () => {
    // object 0: an array of 15 references to object 0's sibling arrays, each of 15 more: 15^n values from a few bytes
    const levels = 12;
    const objects = Array.from({ length: levels }, (_, i) => [0xa0 | 14, ...Array<number>(14).fill(Math.min(i + 1, levels))]);
    objects.push([0x09]);
    const body = objects.flat();
    const offsets: number[] = [];
    let at = 8;
    for (const object of objects) {
      offsets.push(at);
      at += object.length;
    }
    const trailer = Buffer.alloc(32);
    trailer[6] = 1;
    trailer[7] = 1;
    trailer.writeBigUInt64BE(BigInt(objects.length), 8);
    trailer.writeBigUInt64BE(BigInt(at), 24);
    const bytes = Buffer.concat([Buffer.from("bplist00"), Buffer.from(body), Buffer.from(offsets), trailer]);
    expect(() => parsePlist(bytes)).toThrow(/more than/);
  });
});

/** Anything but a value or a PlistError is a defect; its text fails the test. */
function outcome(bytes: Buffer): string {
  try {
    parsePlist(bytes);
  } catch (error) {
    if (!(error instanceof PlistError)) return String(error);
  }
  return "as it should";
}
