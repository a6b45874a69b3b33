import { expect, test } from "vitest";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import { CatalogueIds, catalogueKey } from "./catalogue-ids.ts";

const row = (id: number) => ({ id, title_id: id, facts_id: null });

test("forgets everything when the epoch moves on, and knows nothing at an older one", () => {
  const ids = new CatalogueIds();
  ids.set(1, "a", row(1));
  expect(ids.get(1, "a")).toEqual(row(1));
  expect(ids.get(2, "a")).toBeUndefined();
  // a check-in that began before the epoch moved brings what it looked up then
  ids.set(1, "a", row(1));
  expect(ids.get(2, "a")).toBeUndefined();
  ids.set(2, "a", row(2));
  expect(ids.get(1, "a")).toBeUndefined();
  expect(ids.get(2, "a")).toEqual(row(2));
});

test("holds a bounded number, of which those in use stay", () => {
  const ids = new CatalogueIds(100);
  ids.set(1, "used", row(0));
  for (let i = 1; i <= 1000; i++) {
    ids.set(1, `n${i}`, row(i));
    expect(ids.get(1, "used")).toEqual(row(0));
  }
  expect(ids.size).toBeLessThanOrEqual(100);
  expect(ids.get(1, "n1")).toBeUndefined();
  expect(ids.get(1, "n1000")).toEqual(row(1000));
});

test("tells the same software with other facts apart", () => {
  const entry = { ...emptySoftwareEntry("deb_packages"), name: "bash" };
  const facts = { source_package: "bash", source_version: "5", epoch: "", origin: "" };
  expect(catalogueKey({ ...entry, facts })).not.toBe(catalogueKey(entry));
  expect(catalogueKey({ ...entry, facts, installed_paths: ["/bin"] })).toBe(catalogueKey({ ...entry, facts }));
});
