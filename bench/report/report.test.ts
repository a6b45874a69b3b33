import { expect, test } from "vitest";
import { Latencies } from "../fleet/load.ts";
import { readOptions } from "../options.ts";
import { columns, figure, percent } from "./columns.ts";
import { summariseProfile } from "./profile-summary.ts";

test("columns line up, figures have three digits", () => {
  expect(
    columns([
      ["name", "a"],
      ["x", "100"],
    ]),
  ).toBe("name    a\nx     100");
  expect([0.1234, 12.34, 1234.5, Number.NaN].map(figure)).toEqual(["0.12", "12.3", "1,235", "–"]);
  expect(percent(1, 3)).toBe("33.3 %");
  expect(percent(1, 0)).toBe("–");
});

test("percentiles are by nearest rank; none is zero", async () => {
  const latencies = new Latencies();
  expect(latencies.percentiles()).toEqual({ p50: 0, p95: 0, p99: 0, max: 0 });
  expect(await latencies.time(async () => 7)).toBe(7);
  const { p50, max } = latencies.percentiles();
  expect(p50).toBe(max);
  expect(max).toBeGreaterThanOrEqual(0);
});

test("a profile is summed up by part and function; idle time is not busy", () => {
  const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 4 });
  const summary = summariseProfile({
    nodes: [
      { id: 1, callFrame: frame("(idle)", "") },
      { id: 2, callFrame: frame("identityKey", "file:///x/src/domain/software/identity.ts") },
      { id: 3, callFrame: frame("query", "/x/node_modules/pg/lib/client.js") },
    ],
    samples: [1, 2, 3, 2],
    timeDeltas: [400_000, 200_000, 100_000, 100_000],
  });
  expect(summary).toContain("busy 0.4 s of 0.8 s (50 %)");
  expect(summary).toContain("75.0 %  src/domain");
  expect(summary).toContain("25.0 %  package pg");
  expect(summary).toContain("identityKey src/domain/software/identity.ts:5");
});

test("options have bounds, and say them", () => {
  expect(readOptions(["--quick"])).toMatchObject({ hosts: 100, seconds: 3, profile: null });
  expect(readOptions(["--quick", "--hosts", "7"])).toMatchObject({ hosts: 7 });
  expect(() => readOptions(["--hosts", "0"])).toThrow("--hosts must be a whole number from 1 to 100000; 0 is not.");
  expect(() => readOptions(["--host", "1"])).toThrow("--host");
});
