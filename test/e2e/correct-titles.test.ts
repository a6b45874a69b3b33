import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { simulatedDevice } from "#test/support/simulated-osquery/device.ts";
import { fixtureImage, fixtureImageNames } from "#test/support/simulated-osquery/images.ts";
import { openBrowser } from "./browser.ts";
import { startServerProcess, type ServerProcess } from "./server-process.ts";

const TOKEN = "an-api-token-for-the-title-tests-0123456789";
const SECRET = "an-enroll-secret-for-the-title-tests";
const ADMIN = { name: "Ada Lovelace", email: "ada@example.org", password: "correct horse battery staple" };
const PICTURES = process.env["MUSTER_TEST_PICTURES"];

let server: ServerProcess;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  const env = { MUSTER_ADMIN_TOKEN: TOKEN, MUSTER_ENROLL_SECRET: SECRET, MUSTER_FEEDS: "off", MUSTER_LOCAL_DEVICE: "off" };
  [server, browser] = await Promise.all([startServerProcess({ env }), openBrowser()]);
  await api("POST", "/users/admin", { ...ADMIN, global_role: "admin" });
  const image = fixtureImage(fixtureImageNames()[0] ?? "");
  const device = simulatedDevice({ image, serverUrl: server.url, enrollSecret: SECRET });
  await device.enroll();
  await device.poll();
  device.close();
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce", bypassCSP: true });
  page = await context.newPage();
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
});

async function api<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  const answer = await fetch(`${server.url}/api/latest/fleet${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(answer.status).toBeLessThan(300);
  return (await answer.json()) as T;
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

it("a person merges two titles after a preview, and takes it back under Settings", async () => {
  interface Titles {
    software_titles: { id: number; name: string; source: string; hosts_count: number }[];
  }
  const { software_titles } = await api<Titles>("GET", "/software/titles?per_page=200&order_key=name");
  const first = software_titles[0]!;
  const other = software_titles.find((title) => title.source === first.source && title.id !== first.id)!;
  await page.goto(`${server.url}/software/titles/${first.id}`);
  await page.getByRole("button", { name: "Correct…" }).click();
  const dialog = page.getByRole("dialog", { name: `Correct ${first.name}` });
  await dialog.getByText("Merge", { exact: true }).click();
  await dialog.getByLabel("Titles to merge into this one").fill(other.name);
  await dialog.getByRole("checkbox", { name: new RegExp(`^${RegExp.escape(other.name)} ·`) }).check();
  await dialog.getByRole("status").filter({ hasText: "will move" }).waitFor();
  await picture("title-merge");
  await dialog.getByRole("button", { name: "Merge", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  // the address of the title that ended shows the one that it is part of
  await page.goto(`${server.url}/software/titles/${other.id}`);
  await page.getByRole("heading", { level: 1, name: first.name }).waitFor();

  await page.goto(`${server.url}/settings/corrections`);
  await page.getByRole("link", { name: `Merged ${other.name} into ${first.name}` }).waitFor();
  await picture("settings-corrections-one");
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("button", { name: "Undo it" }).click();
  await page.getByText("undone", { exact: false }).first().waitFor();
  await page.goto(`${server.url}/software/titles/${other.id}`);
  await page.getByRole("heading", { level: 1, name: other.name }).waitFor();
  interface Corrections {
    corrections: { undone_by: string | null }[];
  }
  const { corrections } = await api<Corrections>("GET", "/software/titles/corrections");
  expect(corrections.map((correction) => correction.undone_by)).toEqual([ADMIN.name]);
});
