import { expect, test } from "vitest";
import { fleetFigures, platformBars } from "./fleet-figures.ts";

const summary = {
  totals_hosts_count: 9,
  online_count: 4,
  offline_count: 5,
  mia_count: 0,
  new_count: 1,
  platforms: [
    { platform: "ubuntu", hosts_count: 3 },
    { platform: "rhel", hosts_count: 1 },
    { platform: "windows", hosts_count: 4 },
    { platform: "", hosts_count: 1 },
  ],
};

test("distributions are one family, and every device is in one bar", () => {
  const bars = platformBars(summary);
  expect(bars.map((b) => [b.label, b.value])).toEqual([
    ["Linux", 4],
    ["Windows", 4],
    ["Other or not reported", 1],
  ]);
  expect(bars[0]?.href).toBe("/devices?platform=linux");
});

test("every figure leads to its rows", () => {
  const figures = fleetFigures(summary, 12, undefined);
  expect(figures.find((f) => f.label === "Offline")).toMatchObject({ value: 5, href: "/devices?status=offline" });
  expect(figures.find((f) => f.label === "Versions")?.value).toBeNull();
});
