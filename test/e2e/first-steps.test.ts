import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBrowser, openPage, untilLoaded } from "./browser.ts";
import { startServerProcess, type ServerProcess } from "./server-process.ts";
import { fixtureImage } from "#test/support/simulated-osquery/images.ts";
import { simulatedDevice } from "#test/support/simulated-osquery/device.ts";

const ADMIN = { name: "Ada Lovelace", email: "ada@example.org", password: "correct horse battery staple" };
const DPKG = "/usr/bin/dpkg-query";
/** The agent reports within seconds; a loaded machine may need a little longer. */
const ARRIVES = { timeout: 60_000 };

let server: ServerProcess;
let browser: Browser;
let page: Page;
let problems: string[];

beforeAll(async () => {
  [server, browser] = await Promise.all([startServerProcess(), openBrowser()]);
  ({ page, problems } = await openPage(browser));
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

/** `dpkg-query`'s own view of this machine: the truth that the page must show. */
function installedDebs(): Map<string, string> {
  const text = execFileSync(DPKG, ["-W", "-f", "${db:Status-Status}\\t${Package}\\t${Version}\\n"], { encoding: "utf8" });
  const rows = text.split("\n").map((line) => line.split("\t"));
  return new Map(rows.filter(([status]) => status === "installed").map(([, name, version]) => [name ?? "", version ?? ""]));
}

describe("first steps, on this machine's real packages", () => {
  it("refuses set-up without the code that the server printed", async () => {
    await page.goto(`${server.url}/setup?code=wrong`);
    await page.getByLabel("Your name").fill(ADMIN.name);
    await page.getByLabel("E-mail").fill(ADMIN.email);
    await page.getByLabel("Password", { exact: true }).fill(ADMIN.password);
    await page.getByRole("button", { name: "Create the administrator" }).click();
    await expect.poll(() => page.getByLabel("Set-up code").isVisible(), ARRIVES).toBe(true);
    expect(await page.getByText(/code/i).count()).toBeGreaterThan(0);
  });

  it("makes the first administrator through the printed link and opens the dashboard", async () => {
    await page.goto(server.setupLink());
    await page.getByLabel("Your name").fill(ADMIN.name);
    await page.getByLabel("E-mail").fill(ADMIN.email);
    await page.getByLabel("Password", { exact: true }).fill(ADMIN.password);
    await page.getByRole("button", { name: "Create the administrator" }).click();
    await page.getByRole("heading", { name: "Dashboard", level: 1 }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/");
  });

  it("shows this machine as the first device, with exactly its packages", async (context) => {
    context.skip(!existsSync(DPKG), "needs a machine with dpkg");
    const real = installedDebs();
    await page.goto(`${server.url}/devices`);
    const row = page.getByRole("row").nth(1);
    await row.waitFor(ARRIVES);
    await row.getByRole("link").first().click();
    await page.getByRole("heading", { level: 1 }).waitFor();
    await expect.poll(() => page.getByRole("row").count(), ARRIVES).toBeGreaterThan(10);
    const id = Number(new URL(page.url()).pathname.split("/")[2]);
    const reported = await reportedDebs(id);
    expect(reported).toEqual(real);
    await page.goto(`${server.url}/devices/${id}?query=bash`);
    await expect.poll(() => page.getByText(real.get("bash") ?? "no bash", { exact: true }).count(), ARRIVES).toBeGreaterThan(0);
  });

  it("shows a package within seconds of its installation, and of its removal", async (context) => {
    context.skip(process.getuid?.() !== 0 || !existsSync("/usr/bin/dpkg-deb"), "needs root and dpkg-deb");
    const id = Number(new URL(page.url()).pathname.split("/")[2]);
    await page.goto(`${server.url}/devices/${id}?query=muster-e2e-probe`);
    const shown = () => page.getByText("muster-e2e-probe", { exact: true }).count();
    await untilLoaded(page);
    expect(await shown()).toBe(0);
    const directory = mkdtempSync(join(tmpdir(), "muster-deb-"));
    try {
      execFileSync("/usr/bin/dpkg", ["-i", buildDeb(directory)], { stdio: "ignore" });
      await expect.poll(shown, ARRIVES).toBeGreaterThan(0);
      execFileSync("/usr/bin/dpkg", ["-P", "muster-e2e-probe"], { stdio: "ignore" });
      await expect.poll(shown, ARRIVES).toBe(0);
    } finally {
      execFileSync("/usr/bin/dpkg", ["-P", "muster-e2e-probe"], { stdio: "ignore" });
      rmSync(directory, { recursive: true });
    }
  });

  /** A real package with nothing in it. */
  function buildDeb(directory: string): string {
    const control = [
      "Package: muster-e2e-probe",
      "Version: 1.0-1",
      "Architecture: all",
      "Maintainer: Muster <muster@example.org>",
      "Description: probe",
    ];
    mkdirSync(join(directory, "root/DEBIAN"), { recursive: true });
    writeFileSync(join(directory, "root/DEBIAN/control"), `${control.join("\n")}\n`);
    const file = join(directory, "probe.deb");
    execFileSync("/usr/bin/dpkg-deb", ["--root-owner-group", "--build", join(directory, "root"), file], { stdio: "ignore" });
    return file;
  }

  /** As the page itself asks: with its session. */
  async function reportedDebs(id: number): Promise<Map<string, string>> {
    const answer = await page.request.get(`${server.url}/api/latest/fleet/hosts/${id}`);
    const { host } = (await answer.json()) as { host: { software: { name: string; version: string; source: string }[] } };
    return new Map(host.software.filter((s) => s.source === "deb_packages").map((s) => [s.name, s.version]));
  }

  it("logs out, refuses a wrong password in words, and returns to where it was", async () => {
    await page.goto(`${server.url}/software?query=bash`);
    await page.getByRole("button", { name: /^You/ }).click();
    await page.getByRole("menuitem", { name: /log out/i }).click();
    await page.getByRole("heading", { name: "Log in" }).waitFor();
    await page.goto(`${server.url}/software?query=bash`);
    await page.getByLabel("E-mail").fill(ADMIN.email);
    await page.getByLabel("Password", { exact: true }).fill("a wrong password");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("The e-mail address or the password is wrong.").waitFor();
    await page.getByLabel("Password", { exact: true }).fill(ADMIN.password);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.waitForURL(`${server.url}/software?query=bash`);
    await page.getByRole("heading", { name: "Software", level: 1 }).waitFor();
    expect(await page.getByRole("searchbox").first().inputValue()).toBe("bash");
  });

  it("adds a device with the secret it shows, sees it arrive, and shows its software", async () => {
    await page.goto(`${server.url}/devices/add?with=osquery`);
    await page.getByText("Waiting for the first check-in").waitFor(ARRIVES);
    const secret = await shownSecret();
    const device = simulatedDevice({
      image: fixtureImage("macos-glpi-8-small"),
      serverUrl: server.url,
      enrollSecret: secret,
      identifier: "e2e-mac",
    });
    await device.enroll();
    await device.poll();
    await page.getByText("1 device enrolled").waitFor(ARRIVES);
    await page.getByText(/software rows? reported/).waitFor(ARRIVES);
    await page.getByRole("complementary").getByRole("link").last().click();
    await page.getByRole("heading", { level: 1 }).waitFor();
    await expect.poll(() => page.getByRole("row").count(), ARRIVES).toBeGreaterThan(2);
  });

  async function shownSecret(): Promise<string> {
    const answer = await page.request.get(`${server.url}/api/latest/fleet/spec/enroll_secret`);
    const { spec } = (await answer.json()) as { spec: { secrets: { secret: string }[] } };
    const secret = spec.secrets[0]?.secret ?? "";
    await page.getByText(secret).first().waitFor(); // the answer is here before the page shows it
    expect(await page.getByText(secret).count()).toBeGreaterThan(0);
    return secret;
  }

  it("finds a title from anywhere with the keyboard alone", async () => {
    await page.goto(`${server.url}/`);
    await page.getByRole("heading", { name: "Dashboard", level: 1 }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").waitFor();
    await page.keyboard.type("bash");
    await page.getByRole("option", { name: /bash/ }).first().waitFor(ARRIVES);
    await page.keyboard.press("Enter");
    await expect.poll(() => page.url(), ARRIVES).toMatch(/software|devices/);
  });

  it("shows the description of the API", async () => {
    await page.goto(`${server.url}/api/docs`);
    await page.getByText("Count hosts", { exact: true }).waitFor(ARRIVES);
    expect(await page.getByRole("heading", { name: /Muster/ }).count()).toBeGreaterThan(0);
  });

  it("has seen no script error and no violation of the content policy", () => {
    expect(problems).toEqual([]);
  });
});
