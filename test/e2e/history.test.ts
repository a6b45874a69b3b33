import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sql } from "kysely";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { emptySoftwareEntry, type SoftwareEntry } from "#domain/software/software.ts";
import { readonly } from "#server/database/pools.ts";
import { titleOpeningsRebuildInTx } from "#server/inventory/history/opening-store.ts";
import { createIngestMetrics } from "#server/inventory/ingest-metrics.ts";
import { ingestReport } from "#server/inventory/ingest-report.ts";
import { createLog } from "#server/observe/log.ts";
import { createMetrics } from "#server/observe/metrics.ts";
import { testServer, type TestServer } from "#test/support/server.ts";
import { openBrowser, openPage, untilLoaded } from "./browser.ts";

const WEB_ROOT = fileURLToPath(new URL("../../dist/web", import.meta.url));
const PICTURES = process.env["MUSTER_TEST_PICTURES"];
const ADMIN = { name: "Ada Lovelace", email: "ada@example.org", password: "correct horse battery staple" };
const VERSIONS = ["140.0.1", "141.0.2", "142.0", "143.0.1"];
const DEVICES = 24;
const DAY_MS = 86_400_000;

let server: TestServer;
let browser: Browser;
let browserTitle: number;

beforeAll(async () => {
  [server, browser] = await Promise.all([testServer({ webRoot: WEB_ROOT }), openBrowser()]);
  const headers = { authorization: `Bearer ${server.token}`, "content-type": "application/json" };
  const made = await fetch(`${server.url}/api/latest/fleet/users/admin`, {
    method: "POST",
    headers,
    body: JSON.stringify({ ...ADMIN, global_role: "admin" }),
  });
  if (!made.ok) throw new Error(`the administrator was not made: ${made.status}`);
  await liveThroughWeeks();
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

function app(name: string, version: string, fields: Partial<SoftwareEntry> = {}): SoftwareEntry {
  const place = { bundle_identifier: `org.example.${name.toLowerCase()}`, installed_paths: [`/Applications/${name}.app`] };
  return { ...emptySoftwareEntry("apps"), name, version, ...place, ...fields };
}

/** A small fleet of Macs: a browser that is updated in waves, programs that come, go, and are not opened. */
async function liveThroughWeeks(): Promise<void> {
  const { db } = server;
  const metrics = createIngestMetrics(createMetrics());
  const deps = { db, replica: readonly(db), log: createLog("silent"), metrics };
  const hosts = await db
    .insertInto("hosts")
    .values(
      Array.from({ length: DEVICES }, (_, i) => ({ hostname: `mac-${i + 1}`, platform: "darwin", os_version: "macOS 26.1" })),
    )
    .returning("id")
    .execute();
  for (const [wave, version] of VERSIONS.entries()) {
    for (const [i, { id }] of hosts.entries()) {
      if (i % VERSIONS.length < wave - 1 && wave === VERSIONS.length - 1) continue; // not everybody keeps up
      const opened = Math.floor(Date.now() / 1000) - (i % 3 === 0 ? 200 : 2) * 86_400;
      const entries = [
        app("Browser", version, { last_opened_at: Math.floor(Date.now() / 1000) }),
        app("Painter", "4.2", { last_opened_at: opened }),
        ...(wave < 2 ? [app("Notes", "1.0")] : [app("Notes Pro", "1.0", { ...app("Notes", "1.0"), name: "Notes Pro" })]),
        ...(wave > 0 ? [app("Chat", "9.1", { installed_paths: ["/Users/ada/Applications/Chat.app"] })] : []),
      ];
      // oxlint-disable-next-line no-await-in-loop -- one report after the other
      await ingestReport(deps, id, [{ source: "apps", ok: true, entries }]);
    }
    // oxlint-disable-next-line no-await-in-loop -- a week passes after each wave
    await passAWeek();
  }
  await db.transaction().execute((tx) => titleOpeningsRebuildInTx(tx, new Date()));
  browserTitle = (await db.selectFrom("software_titles").select("id").where("name", "=", "Browser").executeTakeFirstOrThrow()).id;
  await countDays(hosts.length);
}

async function passAWeek(): Promise<void> {
  const { db } = server;
  await sql`UPDATE host_software SET created_at = created_at - interval '7 days'`.execute(db);
  await sql`UPDATE host_software_sources SET first_reported_at = first_reported_at - interval '7 days'`.execute(db);
  await sql`UPDATE host_software_history SET installed_at = installed_at - interval '7 days', removed_at = removed_at - interval '7 days'`.execute(
    db,
  );
  await sql`UPDATE software SET created_at = created_at - interval '7 days'`.execute(db);
}

/** What the daily job would have written: each version takes over within a week. */
async function countDays(devices: number): Promise<void> {
  const { db } = server;
  const versions = await db
    .selectFrom("software")
    .select(["id", "version"])
    .where("title_id", "=", browserTitle)
    .orderBy("id")
    .execute();
  for (let day = 60; day >= 1; day--) {
    const at = new Date(Date.now() - day * DAY_MS).toISOString().slice(0, 10);
    const reached = versions.map((_, i) => Math.max(0, Math.min(devices, Math.round(((60 - day) / 14 - i + 1) * devices))));
    const counts = versions.map((v, i) => ({ software_id: v.id, day: at, hosts_count: reached[i]! - (reached[i + 1] ?? 0) }));
    // oxlint-disable-next-line no-await-in-loop -- sixty small inserts
    await db.insertInto("software_daily_counts").values(counts).execute();
  }
}

const LOOKS = [
  { width: 1440, colorScheme: "light" },
  { width: 1440, colorScheme: "dark" },
  { width: 380, colorScheme: "light" },
] as const;

describe.each(LOOKS)("at $width px, $colorScheme", ({ width, colorScheme }) => {
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    ({ page, problems } = await openPage(browser, { width, colorScheme }));
    await page.goto(`${server.url}/login`);
    await page.getByLabel("E-mail").fill(ADMIN.email);
    await page.getByLabel("Password", { exact: true }).fill(ADMIN.password);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("heading", { name: "Dashboard", level: 1 }).waitFor();
  });
  afterAll(() => page.context().close());

  async function open(path: string, name: string): Promise<void> {
    await page.goto(server.url + path);
    await untilLoaded(page);
    if (PICTURES !== undefined) {
      await mkdir(PICTURES, { recursive: true });
      await page.screenshot({ path: join(PICTURES, `history-${name}-${width}-${colorScheme}.png`) });
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    expect(problems).toEqual([]);
  }

  it("a device's timeline tells what changed, newest first, and filters by event", async () => {
    await open("/devices/2/history", "device");
    const list = page.getByRole("list", { name: "What happened, newest first" });
    expect(await list.getByText("Updated").count()).toBeGreaterThan(1);
    expect(await list.textContent()).toContain("Notes to Notes Pro");
    expect(await list.textContent()).toContain("by ada");
    await page.getByRole("button", { name: "Event: Any event" }).click();
    await page.getByLabel("Renamed", { exact: true }).check();
    await page.waitForURL(/event=renamed/);
    await list.getByText("Updated").first().waitFor({ state: "detached" });
    expect(await list.getByText("Renamed").count()).toBe(1);
  });

  it("a device's timeline is narrowed to days and sources, which the address keeps", async () => {
    const then = new Date(Date.now() - 16 * DAY_MS).toISOString().slice(0, 10);
    await open(`/devices/2/history?until=${then}&source=apps`, "device-days");
    const list = page.getByRole("list", { name: "What happened, newest first" });
    expect(await list.getByText("Updated").count()).toBe(1);
    expect(await page.getByRole("button", { name: "Source: Application (macOS)" }).count()).toBe(1);
    await page.getByRole("button", { name: "Remove the filter Until" }).click();
    await page.waitForURL((url) => !url.searchParams.has("until") && url.searchParams.get("source") === "apps");
    await list.getByText("Updated").nth(1).waitFor();
    expect(await page.getByText("deleted by retention").count()).toBe(0);
  });

  it("a device's software as of a day is what it held then, and the address keeps the day", async () => {
    const then = new Date(Date.now() - 16 * DAY_MS).toISOString().slice(0, 10);
    await open(`/devices/2?as_of=${then}`, "device-as-of");
    await page.getByText("As it was on").waitFor();
    expect(await page.getByLabel("As of").inputValue()).toBe(then);
    await page.getByText(VERSIONS[1]!).filter({ visible: true }).first().waitFor();
    await page.getByRole("button", { name: "Back to now" }).click();
    await page.waitForURL((url) => !url.searchParams.has("as_of"));
    await page.getByText(VERSIONS[1]!).filter({ visible: true }).first().waitFor({ state: "detached" });
  });

  it("a title's timeline names devices; its holders as of a day are counted by version", async () => {
    await open(`/software/titles/${browserTitle}/history`, "title");
    expect(await page.getByRole("link", { name: "mac-2", exact: true }).count()).toBeGreaterThan(0);
    const then = new Date(Date.now() - 16 * DAY_MS).toISOString().slice(0, 10);
    await open(`/software/titles/${browserTitle}?as_of=${then}`, "title-as-of");
    await page.getByRole("region", { name: "Versions then" }).getByText(VERSIONS[1]!).waitFor();
    const rows = page.getByRole("table", { name: "Devices that held it" }).locator("tbody tr");
    expect(await rows.count()).toBe(DEVICES);
    await page.getByRole("button", { name: "Device", exact: true }).click();
    await page.waitForURL(/order_key=display_name&order_direction=desc/);
    await rows.first().getByRole("link", { name: "mac-9", exact: true }).waitFor();
    await page.getByLabel("Search these devices").fill("MAC-12");
    await page.waitForURL(/query=MAC-12/);
    await rows.nth(1).waitFor({ state: "detached" });
    expect(await rows.first().textContent()).toContain("mac-12");
  });

  it("versions over time are plotted, read by the arrow keys, and stand in a table", async () => {
    await open(`/software/titles/${browserTitle}/adoption`, "adoption");
    const plot = page.getByRole("slider", { name: /Versions of Browser over time/ });
    await plot.focus();
    const now = await plot.getAttribute("aria-valuetext");
    for (let i = 0; i < 20; i++) await page.keyboard.press("ArrowLeft");
    const before = await plot.getAttribute("aria-valuetext");
    expect(before).not.toBe(now);
    expect(before).toMatch(/^\d+ \w+ \d{4}\. .*\d/);
    await page.getByText("The same as a table").click();
    expect(
      await page
        .getByRole("table", { name: /Devices on each version/ })
        .getByRole("row")
        .count(),
    ).toBeGreaterThan(10);
  });

  it("software that is not opened leads to exactly those devices", async () => {
    await open("/software/unused?order_key=name&order_direction=desc", "unused");
    const byName = page.getByRole("columnheader", { name: "Name", exact: true });
    expect(await byName.getAttribute("aria-sort")).toBe("descending");
    await page.getByRole("button", { name: "Name", exact: true }).click();
    await page.waitForURL(/order_key=name&order_direction=asc/);
    expect(await byName.getAttribute("aria-sort")).toBe("ascending");
    const link = page.getByRole("link", { name: /that did not open Painter/ });
    const count = Number(await link.textContent());
    expect(count).toBe(DEVICES / 3);
    await link.click();
    await page.waitForURL(/not_opened_for_days=90/);
    await page.getByText("Not opened for").first().waitFor();
    await page.getByRole("heading", { level: 1, name: new RegExp(`^Devices\\s*${count}$`) }).waitFor();
    expect(problems).toEqual([]);
  });
});
