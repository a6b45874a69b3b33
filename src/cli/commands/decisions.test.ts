import { expect, test } from "vitest";
import { fakeServer, runCommand } from "#test/support/cli-io.ts";

const ENV = { HOME: "/nonexistent", MUSTER_SERVER: "https://muster.example.org", MUSTER_TOKEN: "token" };
const LAST_PAGE = { has_next_results: false, has_previous_results: false };
const DECISION = {
  id: 3,
  kind: "accepted_risk",
  cve: "CVE-2026-1",
  software_version: null,
  os_version: null,
  software_title: { id: 7, name: "Zoom" },
  host: null,
  label: { id: 2, name: "Lab" },
  reason: "no \u001b[31mnetwork",
  author_full_name: "Ada",
  expires_at: "2027-01-31T23:59:59.999Z",
  ended_reason: null,
  findings_count: 2,
};
const PREVIEW = {
  findings_count: 2,
  hosts_count: 5,
  suppressed_count: 0,
  fix_available: false,
  software: [{ name: "Zoom", version: "1", os_scope: "windows" }],
};

test("a decision is shown before it is made, and only made when somebody says so", async () => {
  const { fetch, requests } = fakeServer((request) =>
    Response.json(request.url.pathname.endsWith("/preview") ? PREVIEW : { decision: DECISION }),
  );
  const argv = ["decisions", "accept", "CVE-2026-1", "--reason", "lab", "--title", "7", "--label", "2", "--until", "2027-01-31"];
  const dry = await runCommand([...argv, "--dry-run"], { fetch, env: ENV });
  expect(dry.stderr).toContain("2 findings on 5 devices will be suppressed");
  expect(requests).toHaveLength(1);
  const made = await runCommand([...argv, "--yes", "--no-reopen-kev"], { fetch, env: ENV });
  expect(made.stdout).toContain("Decision 3: 2 findings suppressed.");
  const sent = requests.at(-1);
  expect(sent?.url.pathname).toMatch(/\/vulnerability_decisions$/);
  expect(sent?.body).toEqual({
    cve: "CVE-2026-1",
    software_title_id: 7,
    label_id: 2,
    kind: "accepted_risk",
    reason: "lab",
    expires_at: "2027-01-31T23:59:59.999Z",
    reopen_kev: false,
  });
  const refused = await runCommand([...argv, "--host", "1"], { fetch, env: ENV });
  expect(refused.code).not.toBe(0);
});

test("decisions and updates are listed without control characters", async () => {
  const decisions = fakeServer(() => Response.json({ count: 1, decisions: [DECISION], meta: LAST_PAGE }));
  const list = await runCommand(["decisions", "list", "--active", "--wide"], { fetch: decisions.fetch, env: ENV });
  expect(list.stdout).toContain("risk accepted");
  expect(list.stdout).not.toContain("\u001b");
  expect(decisions.requests[0]?.url.searchParams.get("active")).toBe("true");
  const fix = {
    name: "Zoom",
    resolved_in_version: "2.0",
    os_scope: "windows",
    hosts_count: 3,
    vulnerabilities_count: 4,
    known_exploited_count: 1,
    risk: 123.4,
  };
  const fixes = fakeServer(() => Response.json({ count: 1, fixes: [fix], meta: LAST_PAGE }));
  const queue = await runCommand(["vulnerabilities", "fix-first", "--known-exploited"], { fetch: fixes.fetch, env: ENV });
  expect(queue.stdout).toMatch(/Zoom\s+2\.0\s+windows\s+3\s+4\s+1\s+123/);
});

test("a VEX document goes to the server under its file's name; what was left out is told", async () => {
  const { fetch } = fakeServer(() =>
    Response.json({
      document: { id: 4, statements_count: 2 },
      annotated_count: 1,
      suppressed_count: 1,
      skipped: ["a product is named neither by package URL nor by CPE"],
    }),
  );
  const run = await runCommand(["vex", "import", "-"], {
    fetch,
    env: ENV,
    readStdin: () => Promise.resolve('{"statements": []}'),
  });
  expect(run.stdout).toContain("VEX document 4: 2 statements, 1 finding suppressed.");
  expect(run.stderr).toContain("Left out: a product is named neither");
  const broken = await runCommand(["vex", "import", "-"], { fetch, env: ENV, readStdin: () => Promise.resolve("{") });
  expect(broken.code).not.toBe(0);
});
