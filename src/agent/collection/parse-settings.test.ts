import fc from "fast-check";
import { Value } from "typebox/value";
import { describe, expect, test } from "vitest";
import { CollectionResponse, CollectionSettings } from "#protocol/agent/messages.ts";
import { parseCollection, SettingsError } from "./parse-settings.ts";

const parse = (source: object) => parseCollection({ etag: "ab12", settings: { sources: { npm_packages: source } } });

function outcome(value: unknown): string {
  try {
    return Value.Check(CollectionResponse, parseCollection(value)) ? "taken" : "taken, which the protocol does not allow";
  } catch (error) {
    return error instanceof SettingsError ? "refused" : String(error);
  }
}

describe("collection settings on the device", () => {
  test("are taken as the server gives them", () => {
    const settings = {
      enabled: true,
      interval_seconds: 600,
      timeout_seconds: 30,
      memory_bytes_max: 16_777_216,
      rows_max: 100,
      roots: ["/srv", "/home/ada/work"],
    };
    expect(parse(settings)).toEqual({ etag: "ab12", settings: { sources: { npm_packages: settings } } });
  });

  test.each([
    [{ enabled: "no" }, "settings.sources.npm_packages.enabled is neither true nor false."],
    [{ interval_seconds: 59 }, "settings.sources.npm_packages.interval_seconds is no whole number from 60 to 604800."],
    [{ timeout_seconds: 1.5 }, "settings.sources.npm_packages.timeout_seconds is no whole number from 1 to 600."],
    [{ memory_bytes_max: 1 }, "settings.sources.npm_packages.memory_bytes_max is no whole number from 16777216 to 1073741824."],
    [{ rows_max: 50_001 }, "settings.sources.npm_packages.rows_max is no whole number from 1 to 50000."],
    [{ roots: "/srv" }, "settings.sources.npm_packages.roots is no list of up to 50."],
    [{ roots: ["srv"] }, "settings.sources.npm_packages.roots[0] is no absolute path of up to 1024 characters."],
    [{ roots: ["/x\0y"] }, "settings.sources.npm_packages.roots[0] is no absolute path of up to 1024 characters."],
    [
      { roots: ["/srv/../proc/1"] },
      "settings.sources.npm_packages.roots[0] is below /proc, /sys or /dev, which hold no software.",
    ],
  ])("are refused with the name of the field: %j", (source, message) => {
    expect(() => parse(source)).toThrow(new SettingsError(message));
  });

  test("roots of other platforms are left out, for one fleet has several", () => {
    const roots = ["C:\\Tools", "/srv", "\\\\server\\share"];
    expect(parse({ roots }).settings.sources["npm_packages"]?.roots).toEqual(["/srv"]);
  });

  test("roots are made plain and distinct", () => {
    expect(parse({ roots: ["/srv/", "/srv", "/a//b/./c/.."] }).settings.sources["npm_packages"]?.roots).toEqual(["/srv", "/a/b"]);
  });

  test("fields and sources that a newer server knows are no reason to refuse the rest", () => {
    expect(
      parseCollection({ etag: "1", more: 1, settings: { sources: { new_source: { colour: "blue", rows_max: 5 } } } }),
    ).toEqual({
      etag: "1",
      settings: { sources: { new_source: { rows_max: 5 } } },
    });
  });

  test("whatever is taken fits the protocol, and nothing else is thrown than a SettingsError", () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (anything, source) => {
        for (const value of [anything, { etag: "1", settings: anything }, { etag: "1", settings: { sources: { a: source } } }]) {
          expect(outcome(value)).toMatch(/^(?:taken|refused)$/);
        }
      }),
    );
  });

  test("every bound is the protocol's", () => {
    const bounds = { interval_seconds: [60, 604_800], timeout_seconds: [1, 600], rows_max: [1, 50_000] } as const;
    for (const [field, [least, most]] of Object.entries(bounds)) {
      for (const value of [least - 1, least, most, most + 1]) {
        const settings = { sources: { npm_packages: { [field]: value } } };
        const fits = Value.Check(CollectionSettings, settings);
        expect([field, value, fits]).toEqual([field, value, value >= least && value <= most]);
        expect(outcome({ etag: "1", settings })).toBe(fits ? "taken" : "refused");
      }
    }
  });
});
