import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cpuMilliseconds } from "#test/support/patience.ts";
import { conditionsOf, CONDITIONS_MAX, criteriaFields, parseCriteria } from "./criteria.ts";
import type { Criteria } from "./criteria.ts";
import { evaluateCriteria, matchesPattern } from "./evaluate-criteria.ts";
import type { HeldSoftware, HostVitals } from "./vitals.ts";
import { OPERATORS_OF, VITALS } from "./vitals.ts";

const TEXTS = Object.fromEntries(VITALS.filter((v) => v.kind === "text" || v.kind === "version").map((v) => [v.vital, ""]));

const UBUNTU = {
  ...TEXTS,
  hostname: "build-07.example.org",
  platform: "ubuntu",
  os_name: "Ubuntu",
  os_version: "22.04.3 LTS (Jammy Jellyfish)",
  hardware_vendor: "Dell Inc.",
  memory: 16_000_000_000,
  cpu_logical_cores: 0,
  created_at: new Date("2026-03-01T00:00:00Z"),
  last_enrolled_at: new Date("2026-05-01T00:00:00Z"),
} as HostVitals;

const FIREFOX: HeldSoftware = { name: "firefox", title: "Firefox", source: "deb_packages", version: "128.10.0" };

function holds(criteria: unknown): boolean {
  const parsed = parseCriteria(criteria);
  if (!parsed.ok) throw new Error(`${parsed.name}: ${parsed.reason}`);
  return evaluateCriteria(parsed.criteria, UBUNTU, [FIREFOX]);
}

describe("a host", () => {
  test.each<[boolean, Criteria | object]>([
    [true, { all: [] }],
    [false, { any: [] }],
    [true, { vital: "platform", value: "Ubuntu" }],
    [true, { vital: "platform_family", value: "linux" }],
    [false, { not: { vital: "platform_family", value: "linux" } }],
    [true, { vital: "os_version", operator: "at_least", value: "22.04" }],
    [false, { vital: "os_version", operator: "at_least", value: "24" }],
    [true, { vital: "os_version", operator: "starts_with", value: "22.04" }],
    [true, { vital: "hostname", operator: "matches", value: "BUILD-??.*" }],
    [false, { vital: "hostname", operator: "matches", value: "build-?.*" }],
    [true, { vital: "hardware_vendor", operator: "contains", value: "dell" }],
    [true, { vital: "hostname", operator: "ends_with", value: ".example.org" }],
    [true, { vital: "memory", operator: "above", value: 8_000_000_000 }],
    [false, { vital: "memory", operator: "below", value: "16000000000" }],
    [true, { vital: "memory", operator: "at_most", value: "16000000000" }],
    [true, { vital: "created_at", operator: "before", value: "2026-03-01T00:00:01Z" }],
    [true, { vital: "last_enrolled_at", operator: "after", value: "2026-05-01T00:00:00Z" }],
    [true, { vital: "software", value: "FIREFOX" }],
    [true, { vital: "software", value: "firefox", source: "deb_packages", operator: "below", version: "129" }],
    [false, { vital: "software", value: "firefox", source: "apps" }],
    [false, { vital: "software", value: "firefox", operator: "at_least", version: "129" }],
    [
      true,
      {
        all: [
          { vital: "platform", value: "ubuntu" },
          { any: [{ vital: "software", value: "vlc" }, { not: { vital: "software", value: "vlc" } }] },
        ],
      },
    ],
  ])("%s for %j", (expected, criteria) => {
    expect(holds(criteria)).toBe(expected);
  });

  test("an unknown version, number or text meets no comparison", () => {
    expect(holds({ vital: "osquery_version", operator: "below", value: "99" })).toBe(false);
    expect(holds({ vital: "cpu_logical_cores", operator: "at_most", value: "4" })).toBe(false);
    expect(holds({ vital: "osquery_version", value: "" })).toBe(true);
  });
});

describe("criteria from outside", () => {
  const deep = { not: { not: { not: { not: { not: { vital: "platform", value: "x" } } } } } };
  test.each<[string, unknown]>([
    ["criteria", null],
    ["criteria", [1]],
    ["criteria.vital", {}],
    ["criteria.vital", { vital: "__proto__", value: "x" }],
    ["criteria.value", { vital: "platform" }],
    ["criteria.value", { vital: "platform", value: "x".repeat(256) }],
    ["criteria.value", { vital: "platform", value: "a\0b" }],
    ["criteria.value", { vital: "memory", value: "-1" }],
    ["criteria.value", { vital: "created_at", operator: "after", value: "yesterday" }],
    ["criteria.operator", { vital: "created_at", value: "2026-01-01T00:00:00Z" }],
    ["criteria.operator", { vital: "platform", operator: "above", value: "x" }],
    ["criteria.version", { vital: "software", value: "vlc", operator: "above" }],
    ["criteria.version", { vital: "platform", value: "x", version: "1" }],
    ["criteria.all", { all: "x" }],
    [
      "criteria.any[1].extra",
      {
        any: [
          { vital: "platform", value: "x" },
          { vital: "platform", value: "x", extra: 1 },
        ],
      },
    ],
    ["criteria.all", { all: [], any: [] }],
    ["criteria.not.not.not.not", deep],
    ["criteria.all", { all: Array.from({ length: CONDITIONS_MAX + 1 }, () => ({ vital: "platform", value: "x" })) }],
    ["criteria.all[1].any[50]", { all: [{ any: [] }, { any: Array.from({ length: 51 }, () => ({ not: { all: [] } })) }] }],
  ])("names the place at fault: %s", (name, criteria) => {
    const parsed = parseCriteria(criteria);
    // a list that is too long is refused as a list, before its members are read
    expect(!parsed.ok && name.startsWith(parsed.name)).toBe(true);
  });

  test("whatever comes in is refused with a place, or stays as it is when it is read again", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const parsed = parseCriteria(value);
        const again = parsed.ok ? parseCriteria(parsed.criteria) : parsed;
        expect(again).toEqual(parsed);
        expect(parsed.ok || parsed.name.startsWith("criteria")).toBe(true);
      }),
    );
  });

  const condition = fc.constantFrom(...VITALS).chain((v) =>
    fc.constantFrom(...OPERATORS_OF[v.kind]).map((operator) => {
      const value = v.kind === "time" ? "2026-04-01T00:00:00Z" : v.kind === "number" ? "8" : "ubuntu";
      return { vital: v.vital, operator, value, ...(v.kind === "software" ? { version: "1" } : {}) };
    }),
  );

  test("every condition of the builder is accepted, mentions its field, and not is its opposite", () => {
    fc.assert(
      fc.property(fc.array(condition, { minLength: 1, maxLength: 5 }), (all) => {
        const parsed = parseCriteria({ all });
        expect(parsed.ok).toBe(true);
        if (!parsed.ok) return;
        expect(conditionsOf(parsed.criteria)).toHaveLength(all.length);
        expect(criteriaFields(parsed.criteria).length).toBeGreaterThan(0);
        const met = evaluateCriteria(parsed.criteria, UBUNTU, [FIREFOX]);
        expect(evaluateCriteria({ not: parsed.criteria }, UBUNTU, [FIREFOX])).toBe(!met);
        expect(all.every((one) => holds(one))).toBe(met);
      }),
    );
  });
});

test("a pattern matches what the same regular expression does, and hostile ones take no time", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ab]{0,8}$/), fc.stringMatching(/^[ab*?]{0,6}$/), (text, pattern) => {
      const expression = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`);
      expect(matchesPattern(text, pattern)).toBe(expression.test(text));
    }),
  );
  const hostile = (): void => expect(matchesPattern("a".repeat(255), `${"*a".repeat(120)}b`)).toBe(false);
  expect(cpuMilliseconds(hostile)).toBeLessThan(200);
});
