import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { PATIENT } from "#test/support/patience.ts";
import { scratchDirectory, type Scratch } from "#test/support/scratch.ts";
import { simulatedDevice } from "#test/support/simulated-osquery/device.ts";
import { fixtureImage, fixtureImageNames } from "#test/support/simulated-osquery/images.ts";
import { BASH_FIXED, DPKG, SUDO, vulnerableImage, writeFeeds } from "#test/support/vulnerable-device.ts";
import { openBrowser, untilLoaded, watchRequests } from "./browser.ts";
import { startServerProcess, type ServerProcess } from "./server-process.ts";

const TOKEN = "an-api-token-for-the-page-tests-0123456789";
const SECRET = "an-enroll-secret-for-the-page-tests";
const ADMIN = { name: "Ada Lovelace", email: "ada@example.org", password: "correct horse battery staple" };
/** Where to put a picture of every page, for people to look at; none when unset. */
const PICTURES = process.env["MUSTER_TEST_PICTURES"];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let feeds: Scratch;
let server: ServerProcess;
let browser: Browser;

beforeAll(async () => {
  feeds = await scratchDirectory("muster-feeds-");
  await writeFeeds(feeds.directory);
  const env = {
    MUSTER_ADMIN_TOKEN: TOKEN,
    MUSTER_ENROLL_SECRET: SECRET,
    MUSTER_FEEDS_DIR: feeds.directory,
    MUSTER_LOCAL_DEVICE: "off",
  };
  [server, browser] = await Promise.all([startServerProcess({ env }), openBrowser()]);
  await api("POST", "/users/admin", { ...ADMIN, global_role: "admin" });
  const editors = {
    any: [
      { vital: "software", value: "bash" },
      { vital: "software", value: "nano", operator: "at_least", version: "2" },
    ],
  };
  await api("POST", "/labels", { name: "Editors", description: "Devices with a text editor", criteria: editors });
  for (const image of [...fixtureImageNames().map(fixtureImage), vulnerableImage()]) {
    const device = simulatedDevice({
      image,
      serverUrl: server.url,
      enrollSecret: SECRET,
      overrides: { hostname: image.name },
    });
    await device.enroll();
    await device.poll();
    device.close();
  }
  await vi.waitUntil(async () => ((await api("GET", "/vulnerabilities?exploit=true")) as { count: number }).count === 1, PATIENT);
  const decision = { cve: DPKG, kind: "accepted_risk", reason: "Nobody unpacks foreign source packages here" };
  await api("POST", "/vulnerability_decisions", decision);
});
afterAll(async () => {
  await browser.close();
  await server.close();
  await feeds.remove();
});

async function api(method: string, path: string, body?: unknown): Promise<unknown> {
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const answer = await fetch(`${server.url}/api/latest/fleet${path}`, init);
  expect(answer.status).toBeLessThan(300);
  return await answer.json();
}

/** Every page with something on it, and what must be there before it counts as shown. */
const PAGES: [name: string, path: string, heading: RegExp][] = [
  ["dashboard", "/", /^Dashboard/],
  ["devices", "/devices", /^Devices/],
  ["devices-empty", "/devices?query=nothing-has-this-name", /^Devices/],
  ["device", "/devices/1", /.+/],
  ["device-details", "/devices/1/details", /.+/],
  ["device-sources", "/devices/1/sources", /.+/],
  ["device-history", "/devices/1/history", /.+/],
  ["device-activity", "/devices/1/activity", /.+/],
  ["device-unknown", "/devices/999999", /.+/],
  ["labels", "/labels", /^Labels/],
  ["label-builtin", "/labels/1", /^All Hosts/],
  ["label-new", "/labels/new", /^Create a label/],
  ["label-edit", "/labels/11/edit", /^Edit Editors/],
  ["label-rule", "/labels/11", /^Editors/],
  ["settings-collection", "/settings/collection", /^Settings/],
  ["settings-corrections", "/settings/corrections", /^Settings/],
  ["settings-lifetime", "/settings/lifetime", /^Settings/],
  ["add-device-muster", "/devices/add", /^Add a device/],
  ["add-device-osquery", "/devices/add?with=osquery", /^Add a device/],
  ["software", "/software", /^Software/],
  ["software-versions", "/software/versions", /.+/],
  ["software-os", "/software/os", /.+/],
  ["software-filtered", "/software?platform=linux&hosts_count_min=1&first_seen_since=2020-01-01", /^Software/],
  ["software-versions-of-title", "/software/versions?software_title_id=1", /.+/],
  ["software-unused", "/software/unused", /^Software not opened/],
  ["title", "/software/titles/1", /.+/],
  ["version", "/software/versions/1", /.+/],
  ["activity", "/activity", /^Activity/],
  ["settings-enrollment", "/settings/enrollment", /^Settings/],
  ["settings-users", "/settings/users", /^Settings/],
  ["settings-sessions", "/settings/sessions", /^Settings/],
  ["settings-appearance", "/settings/appearance", /^Settings/],
  ["settings-about", "/settings/about", /^Settings/],
  ["vulnerabilities", "/vulnerabilities", /^Vulnerabilities/],
  ["vulnerabilities-filtered", "/vulnerabilities?severity=critical,high&state=affected&min_epss=1", /^Vulnerabilities/],
  ["vulnerabilities-empty", "/vulnerabilities?query=nothing-has-this-name", /^Vulnerabilities/],
  ["vulnerability", `/vulnerabilities/${SUDO}`, /^CVE-/],
  ["vulnerability-decisions", `/vulnerabilities/${DPKG}/decisions`, /^CVE-/],
  ["vulnerability-history", `/vulnerabilities/${SUDO}/history`, /^CVE-/],
  ["vulnerability-sources", `/vulnerabilities/${SUDO}/records`, /^CVE-/],
  ["vulnerability-not-here", `/vulnerabilities/${BASH_FIXED}`, /^CVE-/],
  ["vulnerability-why", `/vulnerabilities/${SUDO}?why=device-5`, /^CVE-/],
  ["vulnerability-unknown", "/vulnerabilities/CVE-2024-999999", /^CVE-/],
  ["fix-first", "/vulnerabilities/fix-first", /^Fix first/],
  ["exposure", "/vulnerabilities/exposure", /^Exposure over time/],
  ["decisions", "/vulnerabilities/decisions", /^Decisions/],
  ["unidentified", "/vulnerabilities/unidentified", /^Unidentified software/],
  ["feeds", "/vulnerabilities/feeds", /^Feeds/],
  ["feed", "/vulnerabilities/feeds?feed=debian", /^Feeds/],
  ["device-vulnerabilities", "/devices/5/vulnerabilities", /^vulnerable/],
  ["software-vulnerable", "/software?vulnerable=true", /^Software/],
  ["os-version", "/software/os/1", /.+/],
  ["settings-vulnerabilities", "/settings/vulnerabilities", /^Settings/],
  ["settings-notifications", "/settings/notifications", /^Settings/],
  ["library", "/library", /^Library/],
  ["updates", "/updates", /^Updates/],
  ["policies", "/policies", /^Policies/],
  ["not-found", "/no/such/page", /^No such page/],
];

const LOOKS = [
  { width: 1440, colorScheme: "light" },
  { width: 1440, colorScheme: "dark" },
  { width: 380, colorScheme: "light" },
  { width: 380, colorScheme: "dark" },
] as const;

describe.each(LOOKS)("at $width px, $colorScheme", ({ width, colorScheme }) => {
  let context: BrowserContext;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme,
      reducedMotion: "reduce",
      bypassCSP: true,
    });
    page = await context.newPage();
    watchRequests(page);
    page.setDefaultTimeout(20_000);
    page.on("pageerror", (error) => problems.push(error.message));
  });
  afterAll(() => context.close());

  it("the log-in page is right before anybody has logged in, and lets one in", async () => {
    await page.goto(`${server.url}/login`);
    await page.getByRole("heading", { name: "Log in" }).waitFor();
    await examine("login");
    await page.getByLabel("E-mail").fill(ADMIN.email);
    await page.getByLabel("Password", { exact: true }).fill(ADMIN.password);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("heading", { name: "Dashboard", level: 1 }).waitFor();
    expect(problems).toEqual([]);
  });

  it.each(PAGES)("%s", async (name, path, heading) => {
    await page.goto(server.url + path);
    await page.getByRole("heading", { level: 1, name: heading }).waitFor();
    await untilLoaded(page);
    await examine(name);
    expect(problems).toEqual([]);
  });

  /** Nothing sticks out sideways, and an accessibility checker has nothing serious to say. */
  async function examine(name: string): Promise<void> {
    if (PICTURES !== undefined) {
      await mkdir(PICTURES, { recursive: true });
      await page.screenshot({ path: join(PICTURES, `${name}-${width}-${colorScheme}.png`) });
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await page.evaluate(AXE);
    const serious = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<{ violations: Violation[] }> } };
      // checks everything, and describes only what is wrong
      const { violations } = await axe.run({ resultTypes: ["violations"] });
      return violations
        .filter((v) => v.impact === "serious" || v.impact === "critical")
        .map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" | ")}`);
    });
    expect(serious).toEqual([]);
  }
});

interface Violation {
  id: string;
  impact: string | null;
  nodes: { html: string }[];
}
