import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PATIENCE_MS } from "#test/support/patience.ts";
import { scratchDirectory, type Scratch } from "#test/support/scratch.ts";
import { simulatedDevice } from "#test/support/simulated-osquery/device.ts";
import { BASH, BASH_FIXED, DPKG, GZIP, LOG4J, SUDO, vulnerableImage, writeFeeds } from "#test/support/vulnerable-device.ts";
import { openBrowser, openPage, untilLoaded } from "./browser.ts";
import { startServerProcess, type ServerProcess } from "./server-process.ts";

const TOKEN = "an-api-token-for-the-vulnerability-tests-0123456789";
const SECRET = "an-enroll-secret-for-the-vulnerability-tests";
const ADMIN = { name: "Ada Lovelace", email: "ada@example.org", password: "correct horse battery staple" };
const PICTURES = process.env["MUSTER_TEST_PICTURES"];

let feeds: Scratch;
let server: ServerProcess;
let browser: Browser;
let page: Page;
let problems: string[];

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
  ({ page, problems } = await openPage(browser));
  page.setDefaultTimeout(20_000);
  await page.goto(`${server.url}/login`);
  await page.getByLabel("E-mail").fill(ADMIN.email);
  await page.getByLabel("Password", { exact: true }).fill(ADMIN.password);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Dashboard", level: 1 }).waitFor();
});
afterAll(async () => {
  await browser.close();
  await server.close();
  await feeds.remove();
});

async function api<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const answer = await fetch(`${server.url}/api/latest/fleet${path}`, init);
  expect(answer.status).toBeLessThan(300);
  return (await answer.json()) as T;
}

async function listed(query = ""): Promise<string[]> {
  const { vulnerabilities } = await api<{ vulnerabilities: { cve: string }[] }>("GET", `/vulnerabilities${query}`);
  return vulnerabilities.map(({ cve }) => cve).toSorted();
}

/** Nothing sticks out sideways, on wide and narrow screens. */
async function picture(name: string): Promise<void> {
  for (const width of [1440, 380]) {
    await page.setViewportSize({ width, height: 900 });
    if (PICTURES !== undefined) {
      await mkdir(PICTURES, { recursive: true });
      await page.screenshot({ path: join(PICTURES, `${name}-${width}.png`) });
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

it("says why the list is empty, and fills it by itself once a device has reported", async () => {
  await page.goto(`${server.url}/vulnerabilities`);
  await page.getByText("There is no vulnerability data yet").waitFor();
  await page.getByRole("link", { name: "See the feeds" }).waitFor();
  await picture("vulnerabilities-none");
  const device = simulatedDevice({
    image: vulnerableImage(),
    serverUrl: server.url,
    enrollSecret: SECRET,
    overrides: { hostname: "vulnerable" },
  });
  await device.enroll();
  await device.poll();
  device.close();
  await expect.poll(() => listed(), { timeout: PATIENCE_MS }).toEqual([BASH, DPKG, SUDO, GZIP].toSorted());
  await expect.poll(() => listed("?exploit=true"), { timeout: PATIENCE_MS }).toEqual([SUDO]);
  await page.getByRole("link", { name: SUDO, exact: true }).waitFor({ timeout: PATIENCE_MS });
});

it("filters by the address, by the controls, and counts lead to their rows", async () => {
  await page.goto(`${server.url}/vulnerabilities?exploit=true`);
  await page.getByRole("link", { name: SUDO, exact: true }).waitFor();
  expect(await page.getByRole("link", { name: /^CVE-/ }).allInnerTexts()).toEqual([SUDO]);
  await page.getByRole("button", { name: "Clear filters" }).click();
  await page.getByRole("link", { name: BASH, exact: true }).waitFor();
  await page.getByRole("button", { name: "Any state" }).click();
  await page.getByRole("checkbox", { name: "No fix yet" }).check();
  await page.waitForURL(/state=unfixed/);
  await page.getByRole("link", { name: SUDO, exact: true }).waitFor({ state: "detached" });
  expect(await page.getByRole("link", { name: /^CVE-/ }).allInnerTexts()).toEqual([BASH]);
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: `1 device with ${BASH}` }).click();
  await page.getByRole("heading", { level: 1, name: "Devices" }).waitFor();
  await page.getByRole("link", { name: "vulnerable", exact: true }).waitFor();
});

it("shows a finding's evidence one click away, and why other software does not have it", async () => {
  await page.goto(`${server.url}/vulnerabilities/${SUDO}`);
  await page.getByRole("heading", { level: 1, name: SUDO }).waitFor();
  await page.getByText("since 2022-04-06, says CISA", { exact: false }).waitFor();
  await untilLoaded(page);
  await picture("vulnerability");
  await page.getByRole("link", { name: "Why?" }).click();
  const sheet = page.getByRole("dialog", { name: `Why ${SUDO}?` });
  await sheet.getByText("1.8.19p1-2.1+deb9u2 < 1.8.19p1-2.1+deb9u3").first().waitFor();
  expect(await sheet.innerText()).toContain("Affected; fixed in 1.8.19p1-2.1+deb9u3.");
  await sheet.getByText("Debian's security tracker lists", { exact: false }).first().waitFor();
  await picture("vulnerability-evidence");
  await page.keyboard.press("Escape");
  await sheet.waitFor({ state: "detached" });

  await page.goto(`${server.url}/vulnerabilities/${BASH_FIXED}`);
  await page.getByText("Nothing here has it").waitFor();
  await page.getByRole("button", { name: "Ask about a device or software…" }).click();
  const ask = page.getByRole("dialog");
  await ask.getByLabel("Software or device").fill("bash");
  await ask.getByRole("link", { name: "bash 4.4-5" }).click();
  const why = page.getByRole("dialog", { name: `Why ${BASH_FIXED}?` });
  await why.getByText("4.4-5 > 4.4-3").first().waitFor();
  await why.getByText("Not affected", { exact: true }).first().waitFor();
  await picture("vulnerability-not-affected");
});

it("lists what has it with filters in the address; each count leads to exactly its devices", async () => {
  await page.goto(`${server.url}/vulnerabilities/${SUDO}?query=nothing-has-this-name`);
  await page.getByText("No affected software matches").waitFor();
  await page.getByRole("button", { name: "Clear filters" }).click();
  const table = page.getByRole("table", { name: `Software with ${SUDO}` });
  await table.getByText("Debian 9").waitFor();
  await table.getByRole("link", { name: "1 device with sudo 1.8.19p1-2.1+deb9u2" }).click();
  await page.getByRole("heading", { level: 1, name: "Devices" }).waitFor();
  expect(new URL(page.url()).searchParams.get("os_scope")).toBe("debian:9");
  await page.getByRole("link", { name: "vulnerable", exact: true }).waitFor();
});

it("shows of a device's software which is vulnerable and how badly, and leads to why", async () => {
  await page.goto(`${server.url}/devices/1/software`);
  await page.getByRole("combobox", { name: "Vulnerable" }).selectOption("With an exploited one (CISA KEV)");
  await page.waitForURL(/exploit=true/u);
  await page.getByText("1 title", { exact: true }).waitFor();
  await page
    .getByRole("table")
    .getByRole("link", { name: /1 open\s*, known to be exploited\s*: vulnerabilities of sudo$/u })
    .first()
    .click();
  await page.waitForURL(/\/vulnerabilities\?software_title_id=\d+$/u);
  await page.getByText("1 finding of 1 vulnerability").waitFor();
  expect(await page.getByRole("link", { name: /^CVE-/u }).allInnerTexts()).toEqual([SUDO]);
});

it("tells what is known where nothing has it, and what is not known at all", async () => {
  await page.goto(`${server.url}/vulnerabilities/${LOG4J}`);
  await page.getByText("Nothing here has it").waitFor();
  expect(await page.getByRole("region", { name: "What it is" }).innerText()).toContain("Apache Log4j2");
  await page.goto(`${server.url}/vulnerabilities/CVE-2024-999999`);
  await page.getByText("No feed that is loaded knows it").waitFor();
  await picture("vulnerability-unknown");
});

it("asks of a software version whether it has a vulnerability", async () => {
  const { software } = await api<{ software: { id: number }[] }>("GET", "/software/versions?query=gzip");
  await page.goto(`${server.url}/software/versions/${software[0]?.id}`);
  await page.getByRole("button", { name: "Ask about a CVE…" }).click();
  await page.getByLabel("Vulnerability", { exact: true }).fill(GZIP.toLowerCase());
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  const sheet = page.getByRole("dialog", { name: `Why ${GZIP}?` });
  // a rebuild's mark (+b1) is no part of the source's version
  await sheet.getByText("1.6-5 < 1.6-5+deb9u1").first().waitFor();
  expect(await sheet.innerText()).toContain("Affected; fixed in 1.6-5+deb9u1.");
  await picture("version-why");
});

it("accepts a risk after showing what that hides, and revokes it", async () => {
  await page.goto(`${server.url}/vulnerabilities/${DPKG}/decisions`);
  await page.getByRole("button", { name: "Make a decision…" }).click();
  const dialog = page.getByRole("dialog", { name: `Decide about ${DPKG}` });
  await dialog.getByText("This hides it in 1 version on 1 device.").waitFor();
  await dialog.getByLabel("Reason").fill("Nobody unpacks foreign source packages here");
  await picture("vulnerability-decide");
  await dialog.getByRole("button", { name: "Accept the risk" }).click();
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("table", { name: "Decisions" }).getByText("Accepted risk").waitFor();
  await expect.poll(() => listed(), { timeout: PATIENCE_MS }).toEqual([BASH, SUDO, GZIP].toSorted());
  expect(await listed("?suppressed=yes")).toEqual([DPKG]);
  await page.reload();
  await page.getByRole("table", { name: `Suppressed findings of ${DPKG}` }).waitFor();
  await picture("vulnerability-decisions");
  await page.getByRole("button", { name: "Revoke…" }).click();
  await page.getByRole("button", { name: "Revoke it" }).click();
  await page.getByText("revoked by Ada Lovelace").waitFor();
  await expect.poll(() => listed(), { timeout: PATIENCE_MS }).toContain(DPKG);
});

it("counts on the dashboard, and finds by the palette", async () => {
  await page.goto(server.url);
  const exploited = page.getByRole("link", { name: /^Known exploited/ });
  await expect.poll(() => exploited.innerText()).toMatch(/1$/);
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search and commands" }).fill(BASH.toLowerCase());
  await page.getByRole("option", { name: new RegExp(`^${BASH}`) }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: BASH }).waitFor();
  expect(problems).toEqual([]);
});
