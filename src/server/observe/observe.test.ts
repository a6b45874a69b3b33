import { describe, expect, test } from "vitest";
import { createLog, SECRET_FIELDS } from "./log.ts";
import { createMetrics } from "./metrics.ts";

describe("createLog", () => {
  test.each(SECRET_FIELDS)("never writes %s, however deep it lies", (field) => {
    const lines: string[] = [];
    const log = createLog("info", { write: (line) => void lines.push(line) });
    const secret = { [field]: "hunter2" };
    log.info({ ...secret, body: secret, request: { body: secret, headers: { inner: secret } } }, "hello");
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain("hunter2");
    expect(lines[0]).toContain("[redacted]");
  });

  test("leaves out what is less important than its level", () => {
    const lines: string[] = [];
    const log = createLog("warn", { write: (line) => void lines.push(line) });
    log.info("quiet");
    log.warn("loud");
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(["loud"]);
  });
});

describe("createMetrics", () => {
  test("asked twice for one name, gives one instrument; gauges are read when asked for", async () => {
    const metrics = createMetrics();
    metrics.counter("muster_things_total", "Things.", ["kind"]).inc({ kind: "a" });
    metrics.counter("muster_things_total", "Things.", ["kind"]).inc({ kind: "a" }, 2);
    const gauge = metrics.gauge("muster_level", "Level.");
    metrics.onCollect(() => gauge.set(7));
    const text = await metrics.text();
    expect(text).toContain('muster_things_total{kind="a"} 3');
    expect(text).toContain("muster_level 7");
  });
});
