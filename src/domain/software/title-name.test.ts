import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HAS_SHARED_IMAGES, SHARED_DIR, sharedImage, sharedImageNames } from "#test/support/simulated-osquery/images.ts";
import { cpuMilliseconds } from "#test/support/patience.ts";
import { titleName } from "./title-name.ts";

const windows = (name: string, version = "") => titleName({ source: "programs", name, version });

describe("titleName", () => {
  it.each([
    // version, architecture, language, scope
    ["Mozilla Firefox 115.0.2 (x64 en-US)", "Mozilla Firefox"],
    ["Mozilla Firefox (x64 ja)", "Mozilla Firefox"],
    ["Mozilla Firefox 57.0.2 (fr)", "Mozilla Firefox"],
    ["Mozilla Firefox 68.9.0 ESR (x64 en-US)", "Mozilla Firefox ESR"],
    ["7-Zip 19.00 (x64 edition)", "7-Zip"],
    ["Notepad++ (64-bit x64)", "Notepad++"],
    ["Microsoft Visual Studio Code (User)", "Microsoft Visual Studio Code"],
    ["Microsoft 365 Apps for enterprise - ja-jp", "Microsoft 365 Apps for enterprise"],
    [
      "Security Update for Microsoft Office 2010 (KB2598039) 32-Bit Edition",
      "Security Update for Microsoft Office 2010 (KB2598039) 32-Bit Edition",
    ],
    ["LockHunter 3.3, 32/64 bit", "LockHunter"],
    ["Git version 2.30.0.2", "Git"],
    ["Xoreax IncrediBuild 9.4.4 (build 3042)", "Xoreax IncrediBuild"],
    ["Sublime Text Build 3126", "Sublime Text"],
    ["GnuWin32: Grep-2.5.4", "GnuWin32: Grep"],
    ["Wondershare PDFelement ( Version 8.3.0 )", "Wondershare PDFelement"],
    ["Granola 7.373.2", "Granola"],
    ["1C Предприятие 7.7", "1C Предприятие"],
    // the number is the product's name
    ["Microsoft Visual C++ 2013 Redistributable (x64) - 12.0.30501", "Microsoft Visual C++ 2013 Redistributable"],
    ["Microsoft Visual C++ 2015-2022 Redistributable (x86) - 14.44.35211", "Microsoft Visual C++ 2015-2022 Redistributable"],
    ["Python 3.11.4 (64-bit)", "Python 3.11"],
    ["Python 3.10.6 Core Interpreter (64-bit)", "Python 3.10 Core Interpreter"],
    ["Microsoft .NET Runtime - 8.0.1 (x64)", "Microsoft .NET Runtime - 8.0"],
    ["Microsoft .NET Framework 4.7.2 Targeting Pack", "Microsoft .NET Framework 4.7.2 Targeting Pack"],
    ["Java 8 Update 251 (64-bit)", "Java 8"],
    ["OpenJDK 1.8.0_252-2-ojdkbuild", "OpenJDK 1.8"],
    ["AdoptOpenJDK JDK with Hotspot 11.0.7.10 (x64)", "AdoptOpenJDK JDK with Hotspot 11"],
    ["PostgreSQL 13", "PostgreSQL 13"],
    ["SQL Server 2019 Database Engine", "SQL Server 2019 Database Engine"],
    ["Far Manager 3 x64", "Far Manager 3"],
    ["Windows Software Development Kit - Windows 10.0.17134.12", "Windows Software Development Kit - Windows 10.0.17134"],
    // nothing to cut, or nothing left
    ["360安全卫士", "360安全卫士"],
    ["7.1", "7.1"],
    ["{8D4F7A6D-6B81-3DC8-9C21-6008E4866727}", "{8D4F7A6D-6B81-3DC8-9C21-6008E4866727}"],
  ])("%s → %s", (name, title) => expect(windows(name)).toBe(title));

  it("cuts a word that is the reported version, whatever it looks like", () => {
    expect(windows("Aegisub 8975-master-8d77da3", "8975-master-8d77da3")).toBe("Aegisub");
    expect(windows("Acrobat 9", "9")).toBe("Acrobat 9");
  });

  it("leaves the names of other sources alone", () => {
    expect(titleName({ source: "deb_packages", name: "python3.11 (x64)", version: "3.11" })).toBe("python3.11 (x64)");
  });

  it("is one for all versions, architectures and languages of a program", () => {
    const number = fc.integer({ min: 0, max: 9999 });
    const version = fc.array(number, { minLength: 2, maxLength: 4 }).map((parts) => parts.join("."));
    const tail = fc.constantFrom("", " (x64)", " (x86 en-US)", " (64-bit)", " x64", " - de-de");
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Z][a-z]{2,8}( [A-Z][a-z]{2,8})?$/),
        version,
        version,
        tail,
        tail,
        (name, v1, v2, t1, t2) => {
          expect(windows(`${name} ${v1}${t1}`, v1)).toBe(windows(`${name} ${v2}${t2}`, v2));
        },
      ),
    );
  });

  it("always leaves a name, whatever a device sends", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 60 }), fc.string(), (name, version) => {
        expect(windows(name, version).length).toBeGreaterThan(0);
      }),
      { numRuns: 1000 },
    );
  });

  it("takes no long for a hostile name", () => {
    const hostile = (): void => {
      for (const piece of ["(", "1.", "- ", "x64 ", "v1.0-", " \u200b", "(x64 "]) windows(piece.repeat(255 / piece.length));
      for (const tail of ["!", "-", "1.2"])
        for (const piece of ["a", "a-", "1.", "1a", "-1.1"]) windows(`x-1.2${piece.repeat(100)}${tail}`);
    };
    expect(cpuMilliseconds(hostile)).toBeLessThan(500);
  });
});

describe.skipIf(!HAS_SHARED_IMAGES)("over real names", () => {
  interface ArpName {
    name: string;
    winget_normalized: string;
  }
  const groups = (names: readonly string[]) => Map.groupBy(new Set(names), (name) => windows(name));

  it("groups uninstall entries like winget's own normaliser, and never mixes what that keeps apart, but for Java's updates", () => {
    const text = readFileSync(resolve(SHARED_DIR, "data/catalogue/windows-arp-names.ndjson"), "utf8");
    const entries = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as ArpName);
    const product = new Map(entries.map((e) => [e.name, e.winget_normalized.split(".").slice(1).join(".")]));
    const titles = groups(entries.map((e) => e.name));
    const mixed = [...titles].filter(([, names]) => new Set(names.map((name) => product.get(name))).size > 1);
    expect(mixed.map(([title]) => title)).toEqual(["Java 8"]);
    // 1,136 names, 808 products by winget (which also mixes Python's and Java's generations)
    expect(titles.size).toBeLessThanOrEqual(823);
  });

  it("groups the programs of the Windows images", () => {
    const images = sharedImageNames()
      .filter((name) => name.startsWith("windows-"))
      .map((name) => sharedImage(name));
    const names = images
      .flatMap((image) => (image.tables["programs"] ?? []).map((row) => row["name"] ?? ""))
      .filter((n) => n.trim() !== "");
    const titles = groups(names);
    expect(titles.size).toBeLessThanOrEqual(1140);
    expect(titles.get("Microsoft OneNote")?.length).toBe(14);
    expect([...titles.keys()]).toEqual(
      expect.arrayContaining(["Microsoft Visual C++ 2013 Redistributable", "Microsoft Visual C++ 2015-2022 Redistributable"]),
    );
  });
});
