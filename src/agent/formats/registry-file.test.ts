import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeRegistryFile, parseRegistryFile, RegistryFileError } from "./registry-file.ts";

const file = (...lines: string[]) => ["Windows Registry Editor Version 5.00", "", ...lines, ""].join("\r\n");

describe("exported registry files", () => {
  test("keys, texts with escapes, numbers, expandable and multiple texts, the default value", () => {
    const [key] = parseRegistryFile(
      file(
        String.raw`[HKEY_LOCAL_MACHINE\SOFTWARE\Example]`,
        String.raw`"DisplayName"="Say \"hello\" to C:\\Programs"`,
        `"Size"=dword:0000ff00`,
        `"Root"=hex(2):25,00,50,00,25,00,00,00`,
        `"Many"=hex(7):61,00,00,00,\\`,
        `  62,00,00,00,00,00`,
        `"Binary"=hex:00,01`,
        `@="default"`,
      ),
    );
    expect(key?.path).toBe(String.raw`HKEY_LOCAL_MACHINE\SOFTWARE\Example`);
    expect(Object.fromEntries(key?.values ?? [])).toEqual({
      DisplayName: String.raw`Say "hello" to C:\Programs`,
      Size: 0xff00,
      Root: "%P%",
      Many: "a\nb",
      "": "default",
    });
  });

  test("a text that goes over several lines, and one that ends with a backslash", () => {
    const [key] = parseRegistryFile(file("[HKEY_CURRENT_USER\\a]", '"Comments"="first', 'second"', String.raw`"Path"="C:\\x\\"`));
    expect(Object.fromEntries(key?.values ?? [])).toEqual({ Comments: "first\nsecond", Path: "C:\\x\\" });
  });

  test("a key that the file deletes is none, and a damaged line costs only itself", () => {
    const keys = parseRegistryFile(file("[-HKEY_CURRENT_USER\\gone]", "[HKEY_CURRENT_USER\\a]", "nonsense", '"b"="c"'));
    expect(keys.map((key) => [key.path, [...key.values]])).toEqual([["HKEY_CURRENT_USER\\a", [["b", "c"]]]]);
  });

  test("UTF-16 with its mark is read as such", () => {
    const text = file("[HKEY_CURRENT_USER\\a]", '"b"="日本語"');
    const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);
    expect(parseRegistryFile(decodeRegistryFile(bytes))[0]?.values.get("b")).toBe("日本語");
  });

  test("anything else is refused", () => {
    expect(() => parseRegistryFile("[HKEY_CURRENT_USER\\a]")).toThrow(RegistryFileError);
  });

  test("any text comes back as it was written", () => {
    // reg.exe writes texts as they are, with quotes and backslashes escaped; a value holds no NUL
    const value = fc
      .string({ unit: "binary", maxLength: 60 })
      .filter((text) => !/[\0\uFEFF\r]/.test(text) && text.isWellFormed());
    fc.assert(
      fc.property(value, (text) => {
        const escaped = text.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
        const [key] = parseRegistryFile(file("[HKEY_CURRENT_USER\\a]", `"b"="${escaped}"`, '"after"="x"'));
        expect(key?.values.get("b")).toBe(text);
        expect(key?.values.get("after")).toBe("x");
      }),
    );
  });
});
