import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCriteria } from "#domain/labels/criteria.ts";
import type { Criteria } from "#domain/labels/criteria.ts";
import { OPERATORS_OF, VITALS } from "#domain/labels/vitals.ts";
import { criteriaOfForm, criteriaWords, formGap, formOfCriteria, newRow } from "./criteria-form.ts";

const FIREFOX: Criteria = {
  all: [
    { vital: "platform_family", operator: "is", value: "linux" },
    { not: { vital: "software", value: "firefox", operator: "at_least", version: "128", source: "deb_packages" } },
  ],
};

test("criteria become lines and the same criteria again", () => {
  const form = formOfCriteria(FIREFOX);
  expect(form?.rows).toHaveLength(2);
  expect(form === null ? null : criteriaOfForm(form)).toEqual(FIREFOX);
});

test("criteria that are deeper than the builder are left to JSON", () => {
  expect(formOfCriteria({ all: [{ any: [] }] })).toBeNull();
  expect(formOfCriteria({ not: { all: [] } })).toBeNull();
});

test("criteria read as a sentence", () => {
  expect(criteriaWords(FIREFOX)).toBe(
    "Platform family is linux and not has firefox (deb_packages) whose version is at least 128",
  );
  expect(criteriaWords({ all: [] })).toBe("every device");
});

test("whatever the lines say is accepted by the server's own rule once they are filled in", () => {
  const row = fc.constantFrom(...VITALS).chain(({ vital, kind }) =>
    fc.record({ operator: fc.constantFrom(...OPERATORS_OF[kind]), not: fc.boolean() }).map((given) => ({
      ...newRow(vital),
      ...given,
      value: kind === "time" ? "2026-01-01T00:00:00Z" : "8",
      version: kind === "software" ? "1" : "",
    })),
  );
  fc.assert(
    fc.property(fc.constantFrom("all", "any"), fc.array(row, { minLength: 1, maxLength: 6 }), (match, rows) => {
      expect(formGap({ match, rows })).toBeUndefined();
      const criteria = criteriaOfForm({ match, rows });
      expect(parseCriteria(criteria).ok).toBe(true);
      expect(formOfCriteria(criteria)?.rows).toHaveLength(rows.length);
    }),
  );
  expect(formGap({ match: "all", rows: [newRow()] })).toBe("Fill in every condition");
});
