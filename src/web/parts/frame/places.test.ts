import { expect, test } from "vitest";
import { isAt, parentsOf, PLACES } from "./places.ts";

const places = PLACES.flat();
const current = (pathname: string) => places.filter((p) => isAt(p, pathname)).map((p) => p.label);

test.each([
  ["/", "Dashboard"],
  ["/devices/7/details", "Devices"],
  ["/software/versions/3", "Inventory"],
  ["/settings/users", "Settings"],
  ["/policies", "Policies"],
])("%s is in %s alone", (pathname, label) => {
  expect(current(pathname)).toEqual([label]);
});

test("an unknown path is nowhere", () => {
  expect(current("/devicesx")).toEqual([]);
});

test("a page names its parents", () => {
  expect(parentsOf("/devices").map((p) => p.label)).toEqual([]);
  expect(parentsOf("/devices/4/activity").map((p) => p.label)).toEqual(["Devices"]);
  expect(parentsOf("/software/titles/9").map((p) => p.label)).toEqual(["Inventory"]);
  expect(parentsOf("/software/versions/9").map((p) => p.label)).toEqual(["Inventory", "Versions"]);
  expect(parentsOf("/software/versions").map((p) => p.label)).toEqual([]);
});
