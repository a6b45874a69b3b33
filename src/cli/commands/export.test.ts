import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fakeServer, refusal, runCommand } from "#test/support/cli-io.ts";

const ENV = { HOME: "/nonexistent", MUSTER_SERVER: "https://muster.example.org", MUSTER_TOKEN: "token" };
const CSV = "id,name\r\n1,curl\r\n";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "muster-export-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Runs a command against a server that answers with a file, and says what it was asked last. */
async function asked(...argv: string[]): Promise<{ path: string; query: Record<string, string>; stdout: string; code: number }> {
  const { fetch, requests } = fakeServer(({ url }) =>
    url.pathname.endsWith("/hosts/12") ? Response.json({ host: { id: 12 } }) : new Response(CSV),
  );
  const { stdout, code } = await runCommand(argv, { fetch, env: ENV });
  const url = requests.at(-1)?.url;
  return { path: url?.pathname ?? "", query: Object.fromEntries(url?.searchParams ?? []), stdout, code };
}

test.each<[string[], string, Record<string, string>]>([
  [
    ["hosts", "--platform", "linux", "--label", "3", "--columns", "id,name"],
    "/hosts/report",
    { platform: "linux", label_id: "3", columns: "id,name" },
  ],
  [
    ["vulnerabilities", "--exploited", "--ransomware", "--label", "3", "--since", "2026-01-01", "--columns", "cve"],
    "/vulnerabilities/report",
    { exploit: "true", ransomware: "true", label_id: "3", created_since: "2026-01-01T00:00:00.000Z", columns: "cve" },
  ],
  [
    ["host-vulnerabilities", "12", "--min-cvss", "7", "--suppressed", "all"],
    "/hosts/12/vulnerabilities/report",
    { min_cvss_score: "7", suppressed: "all" },
  ],
  [
    ["vulnerable-hosts", "--vulnerability", "CVE-2024-3094", "--platform", "linux", "--software-title", "7"],
    "/vulnerabilities/hosts/report",
    { vulnerability: "CVE-2024-3094", platform: "linux", software_title_id: "7" },
  ],
  [
    ["titles", "--source", "apps", "--vendor", "Mozilla", "--min-devices", "10", "--max-devices", "20"],
    "/software/titles/report",
    { source: "apps", vendor: "Mozilla", hosts_count_min: "10", hosts_count_max: "20" },
  ],
  [
    ["versions", "--since", "2026-01-01", "--until", "2026-01-31T10:00:00Z", "--software-title", "7"],
    "/software/versions/report",
    { first_seen_since: "2026-01-01T00:00:00.000Z", first_seen_until: "2026-01-31T10:00:00.000Z", software_title_id: "7" },
  ],
  [
    ["host-software", "12", "--vendor", "Mozilla", "--installed-since", "2026-01-01", "--opened-until", "2026-02-01"],
    "/hosts/12/software/report",
    { vendor: "Mozilla", installed_since: "2026-01-01T00:00:00.000Z", last_opened_until: "2026-02-01T00:00:00.000Z" },
  ],
  [["who-has-what", "--source", "apps", "--query", "fire"], "/software/hosts/report", { source: "apps", query: "fire" }],
])("export %j asks for exactly that", async (argv, path, query) => {
  const { code, stdout, ...request } = await asked("export", ...argv);
  expect(request).toEqual({ path: `/api/latest/fleet${path}`, query: { format: "csv", ...query } });
  expect([code, stdout]).toEqual([0, CSV]);
});

test.each<[string[], string, Record<string, string>]>([
  [["--host", "12"], "/hosts/12/sbom", { format: "cyclonedx" }],
  [["--label", "3", "--format", "spdx"], "/labels/3/sbom", { format: "spdx" }],
  [["--fleet", "--as-of", "2026-01-31"], "/sbom", { format: "cyclonedx", as_of: "2026-01-31T00:00:00.000Z" }],
])("sbom %j asks for exactly that", async (argv, path, query) => {
  const { code, stdout, ...request } = await asked("sbom", ...argv);
  expect(request).toEqual({ path: `/api/latest/fleet${path}`, query });
  expect([code, stdout]).toEqual([0, CSV]);
});

test("a file gets its name only when it is complete", async () => {
  const file = join(directory, "whole.csv");
  expect((await asked("export", "titles", "--output", file)).code).toBe(0);
  expect(readFileSync(file, "utf8")).toBe(CSV);
  const { fetch } = fakeServer(() => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("id,na"));
        controller.error(new Error("cut off"));
      },
    });
    return new Response(body);
  });
  const cut = await runCommand(["export", "titles", "--output", join(directory, "cut.csv")], { fetch, env: ENV });
  expect(cut.code).not.toBe(0);
  expect(cut.stderr).not.toBe("");
  expect(readdirSync(directory)).toEqual(["whole.csv"]);
});

test.each([
  [["export", "titles", "--since", "yesterday"], "day or a time"],
  [["export", "titles", "--min-devices", "0"], "whole number from 1"],
  [["sbom"], "Say whose software"],
  [["sbom", "--fleet", "--label", "3"], "cannot be used with"],
  [["get", "host", "12", "--vendor", "Mozilla"], "add --software"],
])("%j is refused with what to do", async (argv, words) => {
  const run = await runCommand(argv, { env: ENV });
  expect(run.code).toBe(2);
  expect(run.stderr).toContain(words);
});

test("what the server refuses is said in its words", async () => {
  const { fetch } = fakeServer(() => refusal(503, "Other exports are under way."));
  const run = await runCommand(["export", "hosts"], { fetch, env: ENV });
  expect(run.code).not.toBe(0);
  expect(run.stderr).toContain("Other exports are under way.");
});

test("the software of a device: its filters reach the server", async () => {
  const { fetch, requests } = fakeServer(({ url }) =>
    url.pathname.endsWith("/software")
      ? Response.json({ software: [], count: 0, meta: { has_next_results: false, has_previous_results: false } })
      : Response.json({ host: { id: 12 } }),
  );
  const argv = [
    "get",
    "host",
    "12",
    "--software",
    "--vendor",
    "Mozilla",
    "--installed-until",
    "2026-01-31",
    "--opened-since",
    "2026-01-01",
  ];
  expect((await runCommand(argv, { fetch, env: ENV })).code).toBe(0);
  expect(Object.fromEntries(requests.at(-1)?.url.searchParams ?? [])).toMatchObject({
    vendor: "Mozilla",
    installed_until: "2026-01-31T00:00:00.000Z",
    last_opened_since: "2026-01-01T00:00:00.000Z",
  });
});
