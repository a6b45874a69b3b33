import { expect, test } from "vitest";
import { createAdmission } from "./admission.ts";

function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { wait: () => promise, open: resolve };
}
const settled = (): Promise<void> => new Promise((done) => setImmediate(done));
const LIMITS = { concurrency: 2, waitingBytesMax: 100, waitMs: 10_000 };

test("no more than the allowed number run at once, and the others follow in order", async () => {
  const admission = createAdmission(LIMITS);
  const started: number[] = [];
  const gates = [0, 1, 2, 3].map(gate);
  const runs = gates.map(async (g, i) =>
    admission.run(10, async () => {
      started.push(i);
      await g.wait();
    }),
  );
  await settled();
  expect(started).toEqual([0, 1]);
  expect(admission.waiting()).toBe(2);
  gates[1]?.open();
  await runs[1];
  await settled();
  expect(started).toEqual([0, 1, 2]);
  for (const g of gates) g.open();
  await Promise.all(runs);
  expect(started).toEqual([0, 1, 2, 3]);
});

test("past the bound on waiting bytes a report is refused with 503 and a time to come back", async () => {
  const admission = createAdmission({ ...LIMITS, concurrency: 1 });
  const g = gate();
  const running = [
    admission.run(1, g.wait),
    admission.run(1_000_000, async () => "large alone is let wait"),
    admission.run(1, g.wait),
  ];
  const refused = running[2];
  await expect(refused).rejects.toMatchObject({ status: 503, retryAfterSeconds: 10 });
  g.open();
  expect(await running[1]).toBe("large alone is let wait");
});

test("who waited too long is refused, and its place goes to the next", async () => {
  const admission = createAdmission({ ...LIMITS, concurrency: 1, waitMs: 20 });
  const g = gate();
  const first = admission.run(1, g.wait);
  await expect(admission.run(1, g.wait)).rejects.toMatchObject({ status: 503 });
  expect(admission.waiting()).toBe(0);
  g.open();
  await first;
  expect(await admission.run(1, async () => "in")).toBe("in");
});

test("a failure gives its place back", async () => {
  const admission = createAdmission({ ...LIMITS, concurrency: 1 });
  await expect(admission.run(1, () => Promise.reject(new Error("x")))).rejects.toThrow("x");
  expect(await admission.run(1, async () => 1)).toBe(1);
});
