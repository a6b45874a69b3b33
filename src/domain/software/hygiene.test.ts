import { describe, expect, it } from "vitest";
import { cleanEntry, FIELD_LENGTH_MAX, INSTALLED_PATHS_MAX } from "./hygiene.ts";
import { emptySoftwareEntry, type SoftwareEntry } from "./software.ts";

function row(fields: Partial<SoftwareEntry>): SoftwareEntry {
  return { ...emptySoftwareEntry("apps"), name: "App", ...fields };
}

describe("cleanEntry", () => {
  it.each([
    ["", "name_empty"],
    ["  \t\n", "name_empty"],
    ["\u0000", "name_empty"],
  ])("leaves out a row named %j", (name, note) => {
    expect(cleanEntry(row({ name }))).toEqual({ entry: null, notes: [note] });
  });

  it("leaves out Parallels' shims of Windows programs", () => {
    expect(cleanEntry(row({ bundle_identifier: "com.parallels.winapp.1a.x" })).notes).toEqual(["parallels_shim"]);
  });

  it("keeps white space, case, line feeds and Unicode forms as reported", () => {
    const name = " Caf\u0065\u0301\u00a0App\n\u200b🧭 ";
    expect(cleanEntry(row({ name })).entry?.name).toBe(name);
  });

  it("removes what PostgreSQL cannot store: NUL and lone surrogates", () => {
    expect(cleanEntry(row({ name: "a\u0000b", version: "1\ud800" })).entry).toMatchObject({ name: "ab", version: "1\ufffd" });
  });

  it("cuts an absurdly long field without breaking a character, and says so", () => {
    const result = cleanEntry(row({ name: "🧭".repeat(5000) }));
    expect(result.notes).toEqual(["field_cut"]);
    expect(result.entry?.name.length).toBeLessThanOrEqual(FIELD_LENGTH_MAX.name);
    expect(result.entry?.name.isWellFormed()).toBe(true);
    expect(result.entry?.name).toMatch(/^(🧭)+…$/u);
  });

  it("drops a malformed upgrade code and keeps the row", () => {
    const result = cleanEntry(row({ source: "programs", upgrade_code: "{short}" }));
    expect(result).toMatchObject({ entry: { upgrade_code: "" }, notes: ["upgrade_code_malformed"] });
    const good = "{12345678-1234-1234-1234-123456789012}";
    expect(cleanEntry(row({ upgrade_code: good })).entry?.upgrade_code).toBe(good);
  });

  it("sorts paths, drops duplicates, the text null and the absurd", () => {
    const result = cleanEntry(row({ installed_paths: ["/b", "/a", "null", "", "/b", "/".repeat(5000)] }));
    expect(result.entry?.installed_paths).toEqual(["/a", "/b"]);
    const many = cleanEntry(row({ installed_paths: Array.from({ length: 500 }, (_, i) => `/p${i}`) }));
    expect(many.entry?.installed_paths).toHaveLength(INSTALLED_PATHS_MAX);
    expect(many.notes).toEqual(["paths_cut"]);
  });

  it.each([
    [-1, null],
    [0, null],
    [null, null],
    [Number.NaN, null],
    [1700000000.9, 1700000000],
    [Number.MAX_SAFE_INTEGER, null],
    [253_402_300_799, 253_402_300_799],
  ])("takes last_opened_at %s as %s", (given, kept) => {
    expect(cleanEntry(row({ last_opened_at: given })).entry?.last_opened_at).toBe(kept);
  });

  it("keeps facts that say something", () => {
    expect(cleanEntry(row({ facts: { source_package: "", epoch: "" } })).entry?.facts).toBeNull();
    expect(cleanEntry(row({ facts: { source_package: "openssl\u0000", epoch: "" } })).entry?.facts).toEqual({
      source_package: "openssl",
    });
  });
});
