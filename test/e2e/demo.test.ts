import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "#test/support/free-port.ts";
import { scratchDirectory } from "#test/support/scratch.ts";
import type { Scratch } from "#test/support/scratch.ts";
import { until } from "#test/simulation/support/until.ts";
import { openBrowser, openPage } from "./browser.ts";

/** `npm run demo` as people start it, in a process of its own, with fewer devices. */
const ROOT = resolve(import.meta.dirname, "../..");
const PICTURES = process.env["MUSTER_TEST_PICTURES"];
const DEVICES = 24;

let browser: Browser;
let scratch: Scratch;
let port: number;
let demo: ReturnType<typeof run>;

function run(...words: string[]): { child: ChildProcess; output: () => string; exited: Promise<number | null> } {
  const child = spawn(process.execPath, ["demo/main.ts", "--data-dir", join(scratch.directory, "data"), ...words], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  return { child, output: () => output, exited: new Promise((done) => child.once("exit", done)) };
}

beforeAll(async () => {
  scratch = await scratchDirectory("muster-demo-");
  port = await freePort();
  browser = await openBrowser();
  demo = run("--port", String(port), "--devices", String(DEVICES));
  scratch.watch(demo.child.pid);
  const all = `${DEVICES} of ${DEVICES} devices are there`;
  await until(all, () => demo.output().includes(all), 150_000);
});
afterAll(async () => {
  demo?.child.kill("SIGINT");
  await demo?.exited;
  await browser?.close();
  await scratch?.remove();
});

describe("the demonstration", () => {
  test("prints a login that works, and says on the page that its devices are simulated; one button removes them", async () => {
    const password = /Password: +(\S+)/.exec(demo.output())?.[1] ?? "";
    const { page, problems } = await openPage(browser);
    await page.goto(`http://127.0.0.1:${port}/login`);
    await page.getByLabel("E-mail").fill("admin@demo.example");
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.keyboard.press("Enter");
    const banner = page.getByRole("note", { name: "Demonstration" });
    await banner.waitFor();
    expect(await banner.textContent()).toContain("The devices here are simulated.");
    if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, "demo-1440-light.png") });
    await banner.getByRole("link", { name: "Show the simulated devices" }).click();
    await page.getByText("simulated-0001").first().waitFor();
    if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, "demo-devices-1440-light.png") });
    await page.setViewportSize({ width: 380, height: 800 });
    if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, "demo-devices-380-light.png") });
    await page.emulateMedia({ colorScheme: "dark" });
    if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, "demo-devices-380-dark.png") });
    await page.setViewportSize({ width: 1440, height: 900 });
    if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, "demo-devices-1440-dark.png") });
    await banner.getByRole("button", { name: "Remove them" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await expect.poll(() => page.getByText("simulated-0001").count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test("is removed in one step, but not while it runs, and nothing else is taken for it", async () => {
    const refused = run("--remove");
    expect(await refused.exited).toBe(1);
    expect(refused.output()).toContain("The demonstration runs; stop it first");
    demo.child.kill("SIGINT");
    expect(await demo.exited).toBe(0);
    const removed = run("--remove");
    expect(await removed.exited).toBe(0);
    expect(existsSync(join(scratch.directory, "data"))).toBe(false);
    const nothing = run("--remove");
    expect(await nothing.exited).toBe(1);
    expect(nothing.output()).toContain("There is no demonstration in");
  });
});
