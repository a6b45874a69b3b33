import { expect, test } from "vitest";
import { pagingOf, parseDevicesSearch, parseSoftwareSearch, parseTitleSearch, parseUnusedSearch } from "./search.ts";
import { parseDeviceSearch } from "./search-device.ts";
import { parseActivitySearch } from "./search-activity.ts";

test("what is understood is kept, with its type", () => {
  expect(
    parseDevicesSearch({
      query: "mac",
      status: "online",
      platform: "darwin",
      page: "3",
      per_page: "250",
      software_title_id: "12",
    }),
  ).toEqual({
    query: "mac",
    status: "online",
    platform: "darwin",
    page: 3,
    per_page: 250,
    software_title_id: 12,
  });
  expect(parseActivitySearch({ type: "deleted_host", span: "7d" })).toEqual({ type: "deleted_host", span: "7d" });
  expect(parseDeviceSearch({ title: "4", source: "apps" })).toEqual({ title: 4, source: "apps" });
});

test("a choice of several is a list of what is known, in its usual order", () => {
  expect(parseDevicesSearch({ platform: "windows,linux,amiga,linux", memory_min: "17179869184" })).toEqual({
    platform: "linux,windows",
    memory_min: 17_179_869_184,
  });
  expect(parseDeviceSearch({ event: "removed,installed,exploded", since: "2026-01-31", until: "2026-02-30" })).toEqual({
    event: "installed,removed",
    since: "2026-01-31",
  });
});

test("a title's devices are ordered as those of now or as those of a past day", () => {
  expect(parseTitleSearch({ order_key: "installed_at", as_of: "2026-01-31" })).toEqual({
    order_key: "installed_at",
    as_of: "2026-01-31",
  });
  expect(parseTitleSearch({ order_key: "memory" })).toEqual({ order_key: "memory" });
  expect(parseUnusedSearch({ order_key: "unknown_hosts_count", page: "2", days: "180", source: "apps" })).toEqual({
    order_key: "unknown_hosts_count",
    page: 2,
    days: 180,
    source: "apps",
  });
});

test("what is not understood is dropped", () => {
  expect(
    parseDevicesSearch({
      status: "x",
      platform: "amiga",
      page: "-1",
      per_page: "7",
      order_key: "drop table",
      order_direction: "up",
      os_version_id: "1e9",
      evil: "y",
    }),
  ).toEqual({});
  expect(parseSoftwareSearch({ query: "", source: "", page: "1" })).toEqual({});
});

test("a text is bounded", () => {
  expect(parseSoftwareSearch({ query: "x".repeat(400) }).query).toHaveLength(255);
});

test("pages count from 1 in addresses and from 0 in the API; a cursor goes before a number", () => {
  expect(pagingOf({})).toEqual({});
  expect(pagingOf({ page: 3, query: "a" })).toEqual({ page: 2, query: "a" });
  expect(pagingOf({ page: 3, after: "x,9" })).toEqual({ after: "x,9" });
});
