import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fakeServer, refusal, runCommand } from "#test/support/cli-io.ts";

const SERVER = ["--server", "https://muster.example.org"];

test("help names every command and every exit code, and is a success", async () => {
  const { code, stdout, stderr } = await runCommand(["--help"]);
  expect(code).toBe(0);
  for (const name of ["serve", "agent", "tls", "login", "logout", "get", "enroll-secret", "version"]) {
    expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
  }
  for (const number of [0, 1, 2, 3, 4, 5]) expect(stdout).toMatch(new RegExp(`^  ${number}  \\w`, "m"));
  expect(stderr).toBe("");
});

test.each([
  ["get", "hosts"],
  ["get", "host"],
  ["get", "software"],
  ["get", "os-versions"],
  ["get", "activities"],
  ["tls"],
  ["login"],
])("%s %s --help shows examples", async (...command) => {
  const { code, stdout } = await runCommand([...command, "--help"]);
  expect(code).toBe(0);
  expect(stdout).toContain("\nExamples:\n  $ ");
});

test.each([
  [[], "Usage: muster"],
  [["get"], "Usage: muster get"],
  [["gett"], "unknown command 'gett'"],
  [["get", "hosts", "--colour"], "unknown option '--colour'"],
  [["get", "hosts", "--limit", "0"], "for every row use --all"],
  [["get", "hosts", "--limit", "5", "--all"], "cannot be used with"],
  [["get", "hosts", "--status", "asleep"], "Allowed choices are new, online, offline, mia, missing"],
  [["get", "host"], "missing required argument 'host'"],
  [["get", "host", "1", "--query", "ssl"], "--query works on a device's software: add --software"],
  [["get", "hosts", "--server", "muster.example.org"], "--server must be an address with http or https"],
  [["get", "hosts", "--token", "two words"], "copy it again"],
  [["get", "hosts", "--ca", "/nonexistent/ca.pem"], "/nonexistent/ca.pem cannot be read"],
  [["get", "software", "--order-by", "version"], "add --versions"],
  [["serve", "now"], "`muster serve` takes no options"],
  [["--server", "https://x.example", "agent"], "Put `agent` first"],
])("a wrong command line %j is a usage error with a remedy", async (argv, message) => {
  const { code, stdout, stderr } = await runCommand(argv);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(message);
});

test.each([
  [refusal(401, "x"), 3, "Not logged in to https://muster.example.org. Run `muster login --server https://muster.example.org`"],
  [refusal(403, "Only administrators may do this."), 3, "Only administrators may do this."],
  [refusal(404, "There is no such host."), 4, "There is no such host."],
  [refusal(400, "Unknown."), 1, "Unknown."],
  [refusal(429, "Too many attempts.", { "retry-after": "30" }), 1, "Too many attempts. Wait 30 s and try again."],
  [refusal(500, "Something broke."), 1, "Something broke. Its log names this failure 0199."],
  [new Response("<html>", { status: 502 }), 5, "The server answered 502."],
  [new Response("<html>", { status: 404 }), 4, "is it the address of a Muster server?"],
  [new Response("<html>", { status: 200 }), 1, "is this the address of a Muster server"],
])("%o ends with the exit code and the sentence for it", async (answer, exitCode, sentence) => {
  const { fetch } = fakeServer(() => answer);
  const { code, stdout, stderr } = await runCommand(["get", "hosts", ...SERVER], { fetch });
  expect({ code, stdout }).toEqual({ code: exitCode, stdout: "" });
  expect(stderr).toContain(sentence);
  expect(stderr).not.toContain("    at ");
});

test.each([
  ["ECONNREFUSED", "is the server running"],
  ["ENOTFOUND", "no such host name"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "give its CA with --ca"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "a name that the certificate holds"],
  ["EHOSTUNREACH", "(EHOSTUNREACH); check the address and the network"],
])("an unreachable server (%s) is told with the remedy", async (reason, sentence) => {
  const fetch = () =>
    Promise.reject(new TypeError("fetch failed", { cause: Object.assign(new Error(reason), { code: reason }) }));
  const { code, stderr } = await runCommand(["get", "hosts", ...SERVER], { fetch });
  expect(code).toBe(5);
  expect(stderr).toContain(sentence);
});

test("a server's sentence cannot act on the terminal", async () => {
  const { fetch } = fakeServer(() => refusal(400, "\u001b]0;owned\u0007\u009b31m\u202etxet"));
  const { stderr } = await runCommand(["get", "hosts", ...SERVER], { fetch });
  expect(stderr).toBe("muster: \\x1b]0;owned\\x07\\x9b31m\\u202etxet\n");
});

test("options go before variables, and variables before the default", async () => {
  const { fetch, requests } = fakeServer(() => Response.json({ hosts: [], meta: { has_next_results: false } }));
  const home = mkdtempSync(join(tmpdir(), "muster-cli-"));
  const env = { HOME: home, MUSTER_SERVER: "https://env.example/", MUSTER_TOKEN: "from-env" };
  await runCommand(["get", "hosts", "--server", "https://option.example/base/", "--token", "from-option"], { fetch, env });
  await runCommand(["get", "hosts"], { fetch, env });
  await runCommand(["get", "hosts"], { fetch, env: { HOME: home, MUSTER_SERVER: "" } });
  expect(requests.map(({ url, headers }) => [url.origin + url.pathname, headers.get("authorization")])).toEqual([
    ["https://option.example/base/api/latest/fleet/hosts", "Bearer from-option"],
    ["https://env.example/api/latest/fleet/hosts", "Bearer from-env"],
    ["http://127.0.0.1:8080/api/latest/fleet/hosts", null],
  ]);
});

test("the version is the package's", async () => {
  const { code, stdout } = await runCommand(["version", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ version: expect.stringMatching(/^\d+\.\d+\.\d+/), node_version: process.version });
});
