import { expect, test } from "vitest";
import type { SoftwareEvent } from "#protocol/rest/history.ts";
import { byReport, changeWords, nameWords } from "./event-words.ts";

const event = (fields: Partial<SoftwareEvent>): SoftwareEvent => ({
  event: "installed",
  time: "2026-01-01T00:00:00.000Z",
  host: { id: 1, display_name: "h" },
  software_title_id: 1,
  source: "deb_packages",
  software: { id: 1, name: "bash", version: "5", release: "2" },
  next: null,
  installed_at: "2026-01-01T00:00:00.000Z",
  installed_by: "",
  ...fields,
});

test("an event says what changed, in the words of the package manager", () => {
  expect(changeWords(event({}))).toEqual({ from: "5-2", to: null });
  expect(changeWords(event({ event: "updated", next: { id: 2, name: "bash", version: "6" } }))).toEqual({ from: "5-2", to: "6" });
  const renamed = event({ event: "renamed", next: { id: 2, name: "Bourne", version: "5" } });
  expect(changeWords(renamed)).toEqual({ from: "bash", to: "Bourne" });
  expect(nameWords(renamed)).toBe("Bourne");
  // the successor is not known any more
  expect(changeWords(event({ event: "updated", next: null, software: { id: 1, name: "x", version: "" } }))).toEqual({
    from: "no version",
    to: null,
  });
});

test("events of one host and one time are one report", () => {
  const other = event({ host: { id: 2, display_name: "i" } });
  const later = event({ time: "2026-01-02T00:00:00.000Z" });
  expect(byReport([later, event({}), event({ event: "removed" }), other]).map((list) => list.length)).toEqual([1, 2, 1]);
});
