import { QueryClient } from "@tanstack/react-query";
import { createMemoryHistory } from "@tanstack/react-router";
import { expect, test } from "vitest";
import {
  ADD_WAYS,
  DEVICE_TABS,
  paths,
  PLANNED,
  safeNext,
  searchText,
  SETTINGS_TABS,
  TITLE_TABS,
  VULNERABILITY_TABS,
} from "./paths.ts";
import { createAppRouter } from "./routes.tsx";

const router = createAppRouter(new QueryClient(), createMemoryHistory({ initialEntries: ["/"] }));

function routeOf(href: string) {
  const url = new URL(href, "http://muster.test");
  const matches = router.matchRoutes(url.pathname, Object.fromEntries(url.searchParams));
  return matches.at(-1);
}

const every: [string, string][] = [
  [paths.dashboard(), "/app/"],
  [paths.setup(), "/setup"],
  [paths.login("/devices?page=2"), "/login"],
  [paths.devices({ status: "offline", page: 2 }), "/app/devices"],
  [paths.labels({ order_key: "host_count" }), "/app/labels"],
  [paths.newLabel(), "/app/labels/new"],
  [paths.label(7, { page: 2 }), "/app/labels/$id"],
  [paths.editLabel(7), "/app/labels/$id/edit"],
  [paths.software({ query: "c++" }), "/app/software"],
  ...TITLE_TABS.map((t): [string, string] => [paths.softwareTitle(7, t), "/app/software/titles/$id/{-$tab}"]),
  [paths.unusedSoftware({ days: 180 }), "/app/software/unused"],
  [paths.softwareVersions(), "/app/software/versions"],
  [paths.softwareVersion(7), "/app/software/versions/$id"],
  [paths.operatingSystems({ platform: "linux" }), "/app/software/os"],
  [paths.vulnerabilities({ severity: "critical", exploit: true }), "/app/vulnerabilities"],
  ...VULNERABILITY_TABS.map((t): [string, string] => [
    paths.vulnerability("CVE-2024-3094", t),
    "/app/vulnerabilities/$cve/{-$tab}",
  ]),
  [paths.fixFirst(), "/app/vulnerabilities/fix-first"],
  [paths.exposure(), "/app/vulnerabilities/exposure"],
  [paths.unidentified(), "/app/vulnerabilities/unidentified"],
  [paths.feeds(), "/app/vulnerabilities/feeds"],
  [paths.activity({ type: "user_logged_in" }), "/app/activity"],
  ...ADD_WAYS.map((w): [string, string] => [paths.addDevice({ with: w }), "/app/devices/add"]),
  ...DEVICE_TABS.map((t): [string, string] => [paths.device(7, t), "/app/devices/$id/{-$tab}"]),
  ...SETTINGS_TABS.map((t): [string, string] => [paths.settings(t), "/app/settings/{-$tab}"]),
  ...PLANNED.map((a): [string, string] => [paths.planned(a), `/app/${a}`]),
];

test.each(every)("%s is the page %s", (href, id) => {
  expect(routeOf(href)?.routeId).toBe(id);
});

test("an unknown address is the page that says so", () => {
  expect(routeOf("/no/such/page")?.routeId).toBe("/app/$");
});

test("a search survives the way through the address", () => {
  const search = { query: "a b&c", status: "online", page: 3, software_title_id: 12 } as const;
  expect(routeOf(paths.devices(search))?.search).toEqual(search);
});

test("nothing and the usual are left out of an address", () => {
  expect(searchText({ query: "", page: undefined })).toBe("");
  expect(paths.login("/")).toBe("/login");
  expect(paths.device(7)).toBe("/devices/7");
});

test.each([
  ["/devices?page=2", "/devices?page=2"],
  [undefined, "/"],
  ["//evil.example/x", "/"],
  ["/\\evil.example", "/"],
  ["https://evil.example", "/"],
  ["/login?next=/", "/"],
])("after login, %s leads to %s", (next, to) => {
  expect(safeNext(next)).toBe(to);
});
