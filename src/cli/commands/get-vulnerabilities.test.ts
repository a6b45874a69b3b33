import { expect, test } from "vitest";
import { HOST_VULNERABILITY_ORDER_KEYS, VULNERABILITY_ORDER_KEYS } from "#protocol/rest/vulnerabilities.ts";
import { VULNERABLE_SOFTWARE_ORDER_KEYS } from "#protocol/rest/vulnerable-software.ts";
import { fakeServer, runCommand } from "#test/support/cli-io.ts";
import { HOST_VULNERABILITY_KEYS, VULNERABILITY_KEYS, VULNERABLE_SOFTWARE_KEYS } from "./get-vulnerabilities.ts";

const ENV = { HOME: "/nonexistent", MUSTER_SERVER: "https://muster.example.org", MUSTER_TOKEN: "token" };
const LAST_PAGE = { has_next_results: false, has_previous_results: false };
const ROW = {
  cve: "CVE-2024-6387",
  severity: "high",
  cvss_score: 8.1,
  epss_probability: 0.4321,
  cisa_known_exploit: true,
  priority: 71.5,
  hosts_count: 12,
  created_at: "2026-01-31T11:00:00Z",
  cve_description: "A race\u{1b}[31m in sshd",
  cve_published: null,
  due_at: null,
  cvss_vector: null,
  details_link: "https://nvd.nist.gov/vuln/detail/CVE-2024-6387",
};

test("the choices of the command line are the protocol's", () => {
  expect([...VULNERABILITY_KEYS]).toEqual([...VULNERABILITY_ORDER_KEYS]);
  expect([...HOST_VULNERABILITY_KEYS]).toEqual([...HOST_VULNERABILITY_ORDER_KEYS]);
  expect([...VULNERABLE_SOFTWARE_KEYS]).toEqual([...VULNERABLE_SOFTWARE_ORDER_KEYS]);
});

test("vulnerabilities: filters reach the server, the table the reader, what to fix first at the top", async () => {
  const { fetch, requests } = fakeServer(() => Response.json({ vulnerabilities: [ROW], count: 1, meta: LAST_PAGE }));
  const argv = ["get", "vulnerabilities", "--exploited", "--severity", "critical,high", "--min-epss", "0.1", "--label", "3"];
  const run = await runCommand(argv, { fetch, env: ENV });
  const query = requests[0]?.url.searchParams ?? [];
  expect(Object.fromEntries(query)).toMatchObject({
    exploit: "true",
    severity: "critical,high",
    min_epss_probability: "0.1",
    label_id: "3",
    order_key: "priority",
    order_direction: "desc",
  });
  expect(run.stdout).toContain("CVE-2024-6387");
  expect(run.stdout).toContain("43.2 %");
  expect(run.stdout).not.toContain("\u{1b}");
});

test("one vulnerability that nothing here has", async () => {
  const { fetch } = fakeServer(() => Response.json({ vulnerability: ROW, software: null, os_versions: null }));
  const run = await runCommand(["get", "vulnerability", "CVE-2024-6387"], { fetch, env: ENV });
  expect(run.stdout).toMatch(/CVSS\s+8\.1/);
  expect(run.stderr).toContain("Nothing here has it.");
});

test("the software of one vulnerability, with its whole version and the kind of device", async () => {
  const row = {
    id: 7,
    name: "openssl",
    version: "3.0.7",
    release: "6.el9_2",
    source: "rpm_packages",
    os_scope: "rhel:9",
    state: "affected",
    resolved_in_version: "3.0.7-16.el9_2",
    hosts_count: 12,
  };
  const { fetch, requests } = fakeServer(() => Response.json({ software: [row], count: 1, meta: LAST_PAGE }));
  const run = await runCommand(["get", "vulnerable-software", "CVE-2023-0286", "--state", "affected"], { fetch, env: ENV });
  expect(requests[0]?.url.pathname).toMatch(/\/vulnerabilities\/CVE-2023-0286\/software$/u);
  expect(Object.fromEntries(requests[0]?.url.searchParams ?? [])).toMatchObject({
    state: "affected",
    order_key: "hosts_count",
    order_direction: "desc",
  });
  expect(run.stdout).toMatch(/openssl\s+3\.0\.7-6\.el9_2\s+rhel:9\s+rpm_packages\s+affected\s+3\.0\.7-16\.el9_2\s+12/u);
});

test("exposure by day", async () => {
  const day = { day: "2026-01-31", critical: 1, high: 2, medium: 3, low: 4, unknown: 5, exploited: 6, opened: 7, closed: 8 };
  const { fetch, requests } = fakeServer(() => Response.json({ days: [{ ...day, hosts_count: 9 }], median_days_to_fix: 4.5 }));
  const run = await runCommand(["get", "exposure", "--days", "7"], { fetch, env: ENV });
  expect(requests[0]?.url.search).toBe("?days=7");
  expect(run.stdout).toMatch(/2026-01-31\s+1\s+2\s+3\s+4\s+5\s+6\s+7\s+8/);
  expect(run.stderr).toContain("Median days to fix: 4.5.");
});

test("explain: sentences, by device and software", async () => {
  const explanation = {
    name: "openssh-server",
    version: "1:9.2p1-2",
    os_scope: "debian:12",
    sentences: ["CVE-1: affected.", "Why."],
  };
  const { fetch, requests } = fakeServer(({ url }) =>
    Response.json(url.pathname.endsWith("/explanation") ? { cve: "CVE-1", explanations: [explanation] } : { host: { id: 12 } }),
  );
  const run = await runCommand(["explain", "CVE-2024-6387", "--software", "7", "--host", "web-01"], { fetch, env: ENV });
  expect(Object.fromEntries(requests.at(-1)?.url.searchParams ?? [])).toEqual({
    software_version_id: "7",
    host_id: "12",
  });
  expect(run.stdout).toBe("openssh-server 1:9.2p1-2 (debian:12)\n  CVE-1: affected.\n  Why.\n");
});

test.each([
  [["explain", "CVE-2024-6387"]],
  [["get", "vulnerabilities", "--min-cvss", "11"]],
  [["get", "vulnerabilities", "--min-epss", "2"]],
  [["get", "vulnerabilities", "--suppressed", "maybe"]],
])("refuses %j", async (argv) => {
  const { fetch, requests } = fakeServer(() => Response.json({}));
  expect((await runCommand(argv, { fetch, env: ENV })).code).toBe(2);
  expect(requests).toEqual([]);
});
