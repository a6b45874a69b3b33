import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AgentMachine, SPEED } from "#test/support/agent-machine.ts";
import type { RunningAgent } from "#test/support/agent-machine.ts";
import { FakeAgentServer } from "#test/support/agent-server.ts";
import { runAgentCommand } from "./main.ts";
import type { AgentOptions } from "./options.ts";
import { COLLECTED_SOURCES } from "./sources/registry.ts";
import { systemClock } from "./system/clock.ts";

/** The whole agent against a server that speaks the protocol over real HTTP, on a machine made of files. */

let machine: AgentMachine;
let server: FakeAgentServer;

beforeEach(async () => {
  machine = await AgentMachine.make();
  server = machine.server;
});
afterEach(() => machine.close());

const put = (path: string, text: string) => machine.put(path, text);
const putDebs = (...debs: [string, string][]) => machine.putDebs(...debs);
const start = (options: Partial<AgentOptions> = {}) => machine.start(options);
const end = (agent: RunningAgent) => machine.end(agent);

const reported = () => server.software.size === COLLECTED_SOURCES.length;

describe("a device's life", () => {
  test("enrols, reports every source, and stays quiet when nothing changes", async () => {
    start();
    await server.until(reported, "the first report");
    expect(server.rows("deb_packages")).toEqual(["bash 5.2", "hello 2.10-3"]);
    expect(server.rows("python_packages")).toEqual(["python3-six 1.16.0"]);
    expect(server.rows("npm_packages")).toEqual(["npm 11.0.0"]);
    expect(server.rows("rpm_packages")).toEqual([]);
    expect(server.details).toMatchObject({ os_name: "Debian GNU/Linux", os_version: "12 (bookworm)", platform: "debian" });
    await server.until(() => server.count("poll") === 1, "a held poll");
    await systemClock.sleep(300);
    expect(server.calls).toEqual(["enroll", "checkin", "inventory", "poll"]);
  });

  test("keeps its key for the next start, private, and does not send what the server has", async () => {
    const first = start();
    await server.until(reported, "the first report");
    await end(first);
    expect(statSync(machine.stateDir).mode.toString(8)).toBe("40700");
    expect(statSync(join(machine.stateDir, "enrolment.json")).mode.toString(8)).toBe("100600");
    start({ enrollSecret: null });
    await server.until(() => server.count("checkin") === 2, "a second check-in");
    await systemClock.sleep(100);
    expect(server.count("enroll")).toBe(1);
    expect(server.count("inventory")).toBe(1);
  });

  test("reports a change within seconds, only the source that changed", async () => {
    start();
    await server.until(reported, "the first report");
    const before = server.count("inventory");
    putDebs(["bash", "5.2"], ["cowsay", "3.03"]);
    await server.until(() => server.rows("deb_packages").includes("cowsay 3.03"), "the change");
    expect(server.rows("deb_packages")).toEqual(["bash 5.2", "cowsay 3.03"]);
    expect(server.count("inventory")).toBe(before + 1);
    expect(server.count("enroll")).toBe(1);
  });

  test("reports Python and npm packages as they come and go, in directories that did not exist before too", async () => {
    start();
    await server.until(() => reported() && server.count("poll") > 0, "the first report");
    put("/usr/lib/python3/dist-packages/attrs-24.1.0.dist-info/METADATA", "Name: attrs\nVersion: 24.1.0\n");
    put("/usr/lib/node_modules/@example/tool/package.json", '{"name":"@example/tool","version":"1.0.0"}');
    rmSync(join(machine.root, "/usr/lib/node_modules/npm"), { recursive: true });
    await server.until(() => server.rows("python_packages").includes("python3-attrs 24.1.0"), "the Python package");
    await server.until(() => server.rows("npm_packages").join() === "@example/tool 1.0.0", "the npm packages");
    put("/usr/lib/python3.13/site-packages/late-1.dist-info/METADATA", "Name: late\nVersion: 1\n");
    await server.until(() => server.rows("python_packages").includes("python3-late 1"), "the package of another Python");
    expect(server.count("enroll")).toBe(1);
  });

  test("a package database that is touched without a change causes no call", async () => {
    start();
    await server.until(() => reported() && server.count("poll") > 0, "the first report");
    const before = server.calls.length;
    putDebs(["bash", "5.2"], ["hello", "2.10-3"]);
    await systemClock.sleep(500);
    expect(server.calls.length).toBe(before);
  });

  test("answers a request for a full report at once", async () => {
    start();
    await server.until(() => reported() && server.count("poll") > 0, "the first report");
    server.software.clear();
    server.requestRefetch();
    await server.until(reported, "the report that was asked for");
    expect(server.rows("deb_packages")).toEqual(["bash 5.2", "hello 2.10-3"]);
  });

  test("reports again when the interval is over", async () => {
    server.intervalSeconds = 10;
    start();
    await server.until(() => server.count("checkin") >= 3, "three check-ins");
    expect(server.count("inventory")).toBe(1);
  });
});

describe("when the server fails", () => {
  test("waits out an outage and then sends what changed meanwhile", async () => {
    start();
    await server.until(reported, "the first report");
    await server.stop();
    putDebs(["bash", "5.3"]);
    await systemClock.sleep(500);
    await server.start();
    await server.until(() => server.rows("deb_packages").includes("bash 5.3"), "the change during the outage");
    expect(server.rows("deb_packages")).toEqual(["bash 5.3"]);
    expect(server.count("enroll")).toBe(1);
  });

  test("a server that is not there at the start is waited for", async () => {
    await server.stop();
    start();
    const told = () => machine.lines.some((line) => line.startsWith("warn The report did not reach the server."));
    await expect.poll(told).toBe(true);
    await server.start();
    await server.until(reported, "the first report");
  });

  test("a reply that was lost is no harm: the digests agree the next time", async () => {
    // Twice, because a call on a kept connection that breaks is repeated at once on a new one.
    server.fail("inventory", { kind: "drop_after" }, { kind: "drop_after" });
    start();
    await server.until(() => server.count("checkin") === 2, "a second check-in");
    await systemClock.sleep(200);
    expect(server.calls.filter((call) => call !== "poll")).toEqual(["enroll", "checkin", "inventory", "inventory", "checkin"]);
    expect(reported()).toBe(true);
  });

  test("a request that was lost is repeated", async () => {
    server.fail("inventory", { kind: "drop_before" });
    server.fail("enroll", { kind: "status", status: 500 });
    start();
    await server.until(reported, "the report");
    expect(server.count("enroll")).toBe(2);
    expect(server.count("inventory")).toBe(2);
  });

  test("Retry-After is the least wait", async () => {
    server.fail("checkin", { kind: "status", status: 503, headers: { "retry-after": "20" } });
    const started = Date.now();
    start();
    await server.until(reported, "the report");
    expect((Date.now() - started) * SPEED).toBeGreaterThan(20_000);
  });

  test("a key that the server does not know any more is replaced", async () => {
    start();
    await server.until(() => reported() && server.count("poll") > 0, "the first report");
    server.forgetKeys();
    server.requestRefetch();
    await server.until(() => server.count("enroll") === 2, "a second enrolment");
    await server.until(() => server.count("inventory") === 2, "a report with the new key");
    const stored = JSON.parse(readFileSync(join(machine.stateDir, "enrolment.json"), "utf8")) as { node_key: string };
    expect(stored.node_key).toMatch(/^key-0-/);
    expect(server.identifiers).toEqual(Array(2).fill("0123456789abcdef0123456789abcdef"));
  });

  test("without a secret, a key that is not known any more ends the agent with a remedy", async () => {
    const first = start();
    await server.until(reported, "the first report");
    await end(first);
    server.forgetKeys();
    await expect(start({ enrollSecret: null }).done).rejects.toThrow("start the agent with an enroll secret");
  });

  test("a wrong secret is told and tried again", async () => {
    start({ enrollSecret: "wrong" });
    await server.until(() => server.count("enroll") >= 2, "a second attempt");
    expect(machine.lines.join("\n")).toContain("wrong secret");
  });

  test("a redirect is not followed", async () => {
    server.fail("enroll", { kind: "status", status: 307, headers: { location: "http://127.0.0.1:1/elsewhere" } });
    start();
    await server.until(reported, "the report");
    expect(machine.lines.join("\n")).toContain("redirects to http://127.0.0.1:1/elsewhere");
  });

  test("an answer that is none of a Muster server is told", async () => {
    server.fail("enroll", { kind: "status", status: 200, body: "<html>hello</html>" }, { kind: "status", status: 200, body: {} });
    start();
    await server.until(reported, "the report");
    expect(machine.lines.join("\n")).toContain("is not a Muster server");
    expect(machine.lines.join("\n")).toContain("no usable node_key");
  });
});

describe("state", () => {
  test("a damaged enrolment file leads to enrolling again", async () => {
    const first = start();
    await server.until(reported, "the first report");
    await end(first);
    writeFileSync(join(machine.stateDir, "enrolment.json"), '{"server":"http://127');
    start();
    await server.until(() => server.count("enroll") === 2, "a second enrolment");
    expect(machine.lines.join("\n")).toContain("enrolment file is damaged");
  });

  test("a key is never shown to another server", async () => {
    const first = start();
    await server.until(reported, "the first report");
    await end(first);
    const other = new FakeAgentServer();
    await other.start();
    const second = start({ server: other.url });
    await other.until(() => other.software.size === COLLECTED_SOURCES.length, "the report to the other server");
    expect(other.calls.slice(0, 2)).toEqual(["enroll", "checkin"]);
    await end(second);
    await other.stop();
  });

  test("a second agent with the same state is refused, and may start when the first has ended", async () => {
    const first = start();
    await server.until(reported, "the first report");
    await expect(start().done).rejects.toThrow(/Another agent \(process \d+\) uses the state directory/);
    await end(first);
    start();
    await server.until(() => server.count("checkin") === 2, "a check-in of the second agent");
  });

  test("the lock of a process that is gone is taken over, and that of another process with its id as well", async () => {
    mkdirSync(machine.stateDir);
    writeFileSync(join(machine.stateDir, "lock"), JSON.stringify({ pid: process.pid, start_time: "1", boot_id: "another boot" }));
    start();
    await server.until(reported, "the first report");
    expect(JSON.parse(readFileSync(join(machine.stateDir, "lock"), "utf8"))).toMatchObject({ pid: process.pid });
  });

  test("without key and secret the agent does not start", async () => {
    await expect(start({ enrollSecret: null }).done).rejects.toThrow("give an enroll secret with --enroll-secret");
    expect(server.calls).toEqual([]);
  });
});

describe("a source that fails", () => {
  test("is reported as a failure and leaves what is stored untouched", async () => {
    const first = start();
    await server.until(reported, "the first report");
    await end(first);
    rmSync(join(machine.root, "/var/lib/dpkg/status"));
    put("/var/lib/dpkg/lock", "");
    start();
    await server.until(() => server.failures.has("deb_packages"), "the failure");
    expect(server.failures.get("deb_packages")).toContain("holds no package database");
    expect(server.rows("deb_packages")).toEqual(["bash 5.2", "hello 2.10-3"]);
    // Python packages are named after the debs, so they cannot be told either.
    expect([...server.failures.keys()].toSorted()).toEqual(["deb_packages", "python_packages"]);
  });
});

describe("muster agent", () => {
  test("ends with 2 for wrong options and 1 when it cannot go on", async () => {
    expect(await runAgentCommand(["--nonsense"], {})).toBe(2);
    expect(await runAgentCommand(["--server", server.url, "--state-dir", machine.stateDir], {})).toBe(1);
    expect(await runAgentCommand(["--help"], {})).toBe(0);
  });
});
