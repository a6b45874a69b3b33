import { describe, expect, test } from "vitest";
import { osvAffected } from "./affected.ts";
import { osvIntervals } from "./ranges.ts";
import type { OsvEvent, OsvRecord } from "./schema.ts";

interface Entry {
  name: string;
  events: OsvEvent[];
  custom?: OsvEvent[];
}

/** The stretches of a module, as `from–to`, of a record of Go's database. */
function stretches(entries: Entry[], name: string): string[] {
  const record = {
    id: "GO-2024-1",
    affected: entries.map(({ name: path, events, custom }) => ({
      package: { ecosystem: "Go", name: path },
      ranges: [{ type: "SEMVER", events }],
      ...(custom === undefined ? {} : { ecosystem_specific: { custom_ranges: [{ type: "ECOSYSTEM", events: custom }] } }),
    })),
  } as OsvRecord;
  const found = osvAffected(record, "go", { vulnerabilities: ["CVE-2024-1"] }).find((its) => its.package === name);
  return (found?.ranges ?? []).map(
    ({ introduced, fixed, last_affected }) => `${introduced ?? ""}–${fixed ?? last_affected ?? ""}`,
  );
}

describe("a module whose tags are not Go's versions", () => {
  const path = "github.com/openbao/openbao";

  test("goes by its authors' ranges", () => {
    const events = [{ introduced: "0" }];
    expect(stretches([{ name: path, events, custom: [{ introduced: "2.0.0" }, { fixed: "2.3.2" }] }], path)).toEqual([
      "2.0.0–2.3.2",
    ]);
  });

  test("pseudo-versions past their own fix are fixed, whatever the tags' ranges are", () => {
    const events = [{ introduced: "0" }, { fixed: "0.0.0-20250806193153-183891f8d535" }, { introduced: "0.1.0" }];
    expect(stretches([{ name: path, events, custom: [{ introduced: "0" }, { fixed: "2.3.2" }] }], path)).toEqual([
      "–0.0.0-20250806193153-183891f8d535",
      "0.1.0–2.3.2",
    ]);
  });

  test("ranges that end before the endless stretch leave it as it is", () => {
    const custom = [{ introduced: "0" }, { fixed: "0.7.1-0.20250129155113-4c6e03c463141" }];
    expect(stretches([{ name: path, events: [{ introduced: "0.7.2" }], custom }], path)).toEqual([
      "–0.7.1-0.20250129155113-4c6e03c463141",
      "0.7.2–",
    ]);
  });
});

describe("a module whose major versions have paths of their own", () => {
  const [plain, second, third] = [
    "github.com/argoproj/argo-cd",
    "github.com/argoproj/argo-cd/v2",
    "github.com/argoproj/argo-cd/v3",
  ];

  test("versions of the plain path from 2 on are judged as those of the suffixed path", () => {
    const entries = [
      { name: plain, events: [{ introduced: "0" }] },
      { name: second, events: [{ introduced: "2.6.0" }, { fixed: "2.6.14" }, { introduced: "2.7.0" }, { fixed: "2.7.12" }] },
    ];
    expect(stretches(entries, plain)).toEqual(["–2.0.0-0", "2.6.0–2.6.14", "2.7.0–2.7.12"]);
    expect(stretches(entries, second)).toEqual(["2.6.0–2.6.14", "2.7.0–2.7.12"]);
  });

  test("what begins with a major version goes on from the one before, and ends with it", () => {
    const entries = [
      { name: plain, events: [{ introduced: "0" }] },
      { name: second, events: [{ introduced: "0" }] },
      { name: third, events: [{ introduced: "0" }, { fixed: "3.2.0" }] },
    ];
    expect(stretches(entries, plain)).toEqual(["–3.0.0-0", "3.0.0-0–3.2.0"]);
  });

  test("a fix of the plain path, its authors' ranges and versions without a suffix stay as they are told", () => {
    const later = { name: second, events: [{ introduced: "0" }, { fixed: "2.1.0" }] };
    expect(stretches([{ name: plain, events: [{ introduced: "0" }, { fixed: "1.5.8" }] }, later], plain)).toEqual(["–1.5.8"]);
    const events = [{ introduced: "10.4.0+incompatible" }];
    expect(stretches([{ name: plain, events }, later], plain)).toEqual(["10.4.0+incompatible–"]);
    const custom = [{ introduced: "0" }, { fixed: "1.9.0" }];
    expect(stretches([{ name: plain, events: [{ introduced: "0" }], custom }, later], plain)).toEqual(["–1.9.0"]);
  });
});

test("stretches that a publisher wrote one after the other may overlap; others are put in order", () => {
  const overlapping = [
    { introduced: "2.11" },
    { fixed: "2.11.7" },
    { introduced: "0" },
    { fixed: "2.11.6" },
    { introduced: "2.12" },
    { fixed: "2.12.4" },
  ];
  expect(osvIntervals({ type: "ECOSYSTEM", events: overlapping }, "pep440")).toEqual([
    { introduced: "2.11", fixed: "2.11.7" },
    { fixed: "2.11.6" },
    { introduced: "2.12", fixed: "2.12.4" },
  ]);
  const crossed = [{ introduced: "1.20.0" }, { fixed: "1.19.6" }, { introduced: "0" }, { fixed: "1.20.1" }];
  expect(osvIntervals({ type: "SEMVER", events: crossed }, "semver")).toEqual([
    { fixed: "1.19.6" },
    { introduced: "1.20.0", fixed: "1.20.1" },
  ]);
});
