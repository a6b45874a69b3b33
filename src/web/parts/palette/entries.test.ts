import { expect, test } from "vitest";
import { commandsFor } from "./entries.ts";

test("every typed word must be found, in any order", () => {
  expect(commandsFor("device add").map((c) => c.id)).toEqual(["add-device"]);
  expect(commandsFor("enroll new").map((c) => c.id)).toEqual(["add-device"]);
  expect(commandsFor("no such thing")).toEqual([]);
});

test("nothing typed shows every page and command", () => {
  expect(commandsFor("").length).toBeGreaterThan(15);
});
