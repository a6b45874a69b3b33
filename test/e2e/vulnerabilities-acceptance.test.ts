import { cp, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { CORPUS, CORPUS_HERE, CORPUS_MISSING } from "#test/support/feed-mirror.ts";
import { PATIENT } from "#test/support/patience.ts";
import { scratchDirectory, type Scratch } from "#test/support/scratch.ts";
import { simulatedDevice } from "#test/support/simulated-osquery/device.ts";
import { sharedImage } from "#test/support/simulated-osquery/images.ts";
import { openBrowser, openPage, untilLoaded } from "./browser.ts";
import { startServerProcess, type ServerProcess } from "./server-process.ts";

const TOKEN = "an-api-token-for-the-acceptance-0123456789";
const SECRET = "an-enroll-secret-for-the-acceptance";
const ADMIN = { name: "Ada Lovelace", email: "ada@example.org", password: "correct horse battery staple" };
/** Where to put a picture of each piece of evidence, for people to look at; none when unset. */
const PICTURES = process.env["MUSTER_TEST_PICTURES"];
/** Loading, matching and counting on a machine that has other things to do. */
const LOADED = { ...PATIENT, interval: 500 };

/** What of the corpus the five hosts need: small, so that loading takes seconds. The whole of it is measured in docs/develop/corpus.md. */
const FILES = [
  "apple/sofa-v2-macos_data_feed.json.gz",
  "apple/sofa-v2-safari_data_feed.json.gz",
  "apple/apple_security_releases.json.gz",
  "msrc/2024-May.cvrf.xml.gz",
  "ubuntu/oval-rebuilt/com.ubuntu.jammy.usn.oval.rebuilt.xml.gz",
  "debian/security-tracker.converted-from-osv-2025-02.slice.json.gz",
  "redhat/oval-rebuilt/rhel-9.oval.rebuilt.xml.gz",
  "kev/known_exploited_vulnerabilities.2026-08-21.json.gz",
];

interface Case {
  image: string;
  cve: string;
  /** As the host's list names it. */
  software: string;
  installed: string;
  fixed: string;
  /** Whose record decides, and in which order versions are compared. */
  feed: string;
  scheme: string;
}

/** Facts of the vendors' own advisories: Apple's of Safari 18.1.1, KB5037771, USN-5404-1, DSA-5724-1, RHSA-2022:4940. */
const CASES: Case[] = [
  {
    image: "macos-glpi-4",
    cve: "CVE-2024-44308",
    software: "Safari",
    installed: "17.4.1",
    fixed: "18.1.1",
    feed: "apple",
    scheme: "apple",
  },
  {
    image: "windows-11-fleet",
    cve: "CVE-2024-30051",
    software: "Microsoft Windows 11 Enterprise 23H2",
    installed: "10.0.22621.3007",
    fixed: "10.0.22621.3593",
    feed: "msrc",
    scheme: "windows",
  },
  {
    image: "linux-ubuntu-22.04-desktop-fleet",
    cve: "CVE-2022-24903",
    software: "rsyslog",
    installed: "8.2112.0-2ubuntu2",
    fixed: "8.2112.0-2ubuntu2.2",
    feed: "ubuntu-oval",
    scheme: "dpkg",
  },
  {
    image: "linux-debian-12-rudder",
    cve: "CVE-2024-6387",
    software: "openssh-server",
    installed: "1:9.2p1-2",
    fixed: "1:9.2p1-2+deb12u3",
    feed: "debian",
    scheme: "dpkg",
  },
  {
    image: "linux-rhel-9.0-desktop-fleet",
    cve: "CVE-2022-1271",
    software: "xz",
    installed: "5.2.5",
    fixed: "5.2.5-8.el9_0",
    feed: "redhat-oval",
    scheme: "rpm",
  },
];

interface Finding {
  cve: string;
  name: string;
  version: string;
  software_id: number | null;
  resolved_in_version: string | null;
  state: string;
}

function missing(what: string): never {
  throw new Error(what);
}

describe.skipIf(!CORPUS_HERE)(`five kinds of device, on real feeds: ${CORPUS_MISSING}`, () => {
  let feeds: Scratch;
  let server: ServerProcess;
  let browser: Browser;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    feeds = await scratchDirectory("muster-acceptance-");
    for (const file of FILES) {
      const target = join(feeds.directory, file);
      await mkdir(dirname(target), { recursive: true });
      await cp(join(CORPUS, file), target);
    }
    const env = {
      MUSTER_ADMIN_TOKEN: TOKEN,
      MUSTER_ENROLL_SECRET: SECRET,
      MUSTER_FEEDS_DIR: feeds.directory,
      MUSTER_LOCAL_DEVICE: "off",
    };
    [server, browser] = await Promise.all([startServerProcess({ env }), openBrowser()]);
    ({ page, problems } = await openPage(browser));
    await api("POST", "/users/admin", { ...ADMIN, global_role: "admin" });
    await logIn();
    await Promise.all(CASES.map(({ image }) => enroll(image)));
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

  async function logIn(): Promise<void> {
    await page.goto(server.url);
    await page.getByLabel("E-mail").fill(ADMIN.email);
    await page.getByLabel("Password", { exact: true }).fill(ADMIN.password);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("heading", { name: "Dashboard", level: 1 }).waitFor();
  }

  async function enroll(name: string): Promise<void> {
    const device = simulatedDevice({
      image: sharedImage(name),
      serverUrl: server.url,
      enrollSecret: SECRET,
      overrides: { hostname: name },
    });
    await device.enroll();
    await device.poll();
    device.close();
  }

  async function hostId(name: string): Promise<number> {
    const { hosts } = await api<{ hosts: { id: number; hostname: string }[] }>("GET", "/hosts?per_page=100");
    return hosts.find(({ hostname }) => hostname === name)?.id ?? missing(`no host ${name}`);
  }

  async function findings(id: number, { cve, software }: Case): Promise<Finding[]> {
    const path = `/hosts/${id}/vulnerabilities?per_page=100&query=${cve}`;
    const { vulnerabilities } = await api<{ vulnerabilities: Finding[] }>("GET", path);
    return vulnerabilities.filter(({ name }) => name === software);
  }

  it.each(CASES)("$image: $software has $cve, and the browser shows why", async (expected) => {
    const { image, cve, software, installed, fixed, feed, scheme } = expected;
    const id = await hostId(image);
    const found = await vi.waitFor(async () => {
      const [finding] = await findings(id, expected);
      return finding ?? missing(`no finding ${cve} yet`);
    }, LOADED);
    expect(found).toMatchObject({ cve, version: installed, state: "affected", resolved_in_version: fixed });
    await page.goto(`${server.url}/devices/${id}/vulnerabilities?query=${cve}`);
    await untilLoaded(page);
    const row = page.getByRole("row").filter({ hasText: cve }).filter({ hasText: software }).first();
    await row.getByRole("link").first().click();
    const sheet = page.getByRole("dialog");
    await sheet.getByText("Compared just now").waitFor();
    await untilLoaded(page);
    if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, `evidence-${image}.png`) });
    const words = await sheet.innerText();
    for (const part of [software, installed, fixed, feed, scheme]) expect(words.toLowerCase()).toContain(part.toLowerCase());
  });

  it("says so of what is not there: a fixed package has evidence that it is not affected", async () => {
    const id = await hostId("linux-debian-12-rudder");
    const { explanations } = await api<{ explanations: { name: string; verdict: string; found: boolean }[] }>(
      "GET",
      `/vulnerabilities/CVE-2022-48624/explanation?host_id=${id}`,
    );
    expect(explanations.filter(({ found }) => found)).toEqual([]);
  });

  it("no feed failed, and no page had an error", async () => {
    const { feeds: list } = await api<{
      feeds: { parts: { state: string; error: string | null; bad_records_count: number }[] }[];
    }>("GET", "/vulnerability_feeds");
    const parts = list.flatMap((feed) => feed.parts);
    expect(parts.filter(({ state, error }) => state === "failed" || error !== null)).toEqual([]);
    expect(parts.filter(({ bad_records_count: bad }) => bad > 0)).toEqual([]);
    expect(parts.filter(({ state }) => state === "ok").length).toBeGreaterThanOrEqual(7);
    expect(problems).toEqual([]);
  });
});
