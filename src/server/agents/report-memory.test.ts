import { expect, test } from "vitest";
import { ReportMemory } from "./report-memory.ts";

const HOST = { host_id: 7, agent: "muster", software_sequence: 3 } as const;
const REPORT = { digest: "d", sequence: 3, rows: 0, answer: "{}" };

function memory() {
  let drop: (hostId: number | null) => void = () => undefined;
  const reports = new ReportMemory({
    onDropped: (listener) => {
      drop = listener;
      return () => undefined;
    },
  });
  return { reports, drop: (hostId: number | null) => drop(hostId) };
}

test("the same bytes at the same sequence repeat a report, of that agent only", () => {
  const { reports } = memory();
  reports.remember(HOST, REPORT, reports.mark());
  expect(reports.repeated(HOST, "d")).toEqual(REPORT);
  expect(reports.repeated(HOST, "e")).toBeNull();
  expect(reports.repeated({ ...HOST, software_sequence: 4 }, "d")).toBeNull();
  expect(reports.repeated({ ...HOST, agent: "osquery" }, "d")).toBeNull();
  expect(reports.repeated({ ...HOST, host_id: 8 }, "d")).toBeNull();
});

test.each([7, null])("what is dropped (%s) is forgotten", (dropped) => {
  const { reports, drop } = memory();
  reports.remember(HOST, REPORT, reports.mark());
  drop(dropped);
  expect(reports.repeated(HOST, "d")).toBeNull();
});

test("an answer that was being made while something changed is not remembered", () => {
  const { reports, drop } = memory();
  const mark = reports.mark();
  drop(null);
  reports.remember(HOST, REPORT, mark);
  expect(reports.repeated(HOST, "d")).toBeNull();
});
