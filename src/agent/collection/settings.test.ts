import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AgentMachine } from "#test/support/agent-machine.ts";
import type { FakeAgentServer } from "#test/support/agent-server.ts";
import { COLLECTED_SOURCES } from "../sources/registry.ts";

let machine: AgentMachine;
let server: FakeAgentServer;

beforeEach(async () => {
  machine = await AgentMachine.make();
  server = machine.server;
});
afterEach(() => machine.close());

const reported = () => server.software.size === COLLECTED_SOURCES.length;

describe("collection settings", () => {
  const off = (...sources: string[]) => ({
    sources: Object.fromEntries(sources.map((source) => [source, { enabled: false }])),
  });
  const others = (...without: string[]) =>
    COLLECTED_SOURCES.map(({ source }) => source)
      .filter((source) => !without.includes(source))
      .toSorted();

  test("are followed without a restart: what is switched off is no longer told, what is on again is", async () => {
    server.intervalSeconds = 10;
    machine.start();
    await server.until(() => reported() && server.count("poll") > 0, "the first report");
    expect(server.told).toEqual(others());
    server.setCollection("a1", off("npm_packages"));
    await server.until(() => server.told.join() === others("npm_packages").join(), "a check-in without npm packages");
    expect(server.rows("npm_packages")).toEqual(["npm 11.0.0"]);
    server.setCollection("a2", off());
    await server.until(() => server.told.join() === others().join(), "a check-in with all");
    expect(server.count("collection")).toBe(2);
    expect(server.count("enroll")).toBe(1);
  });

  test("are kept for the next start, when the server may not be there", async () => {
    server.setCollection("b1", off("npm_packages", "python_packages"));
    const first = machine.start();
    await server.until(() => server.count("collection") === 1, "the settings");
    await expect.poll(() => existsSync(join(machine.stateDir, "collection.json"))).toBe(true);
    await machine.end(first);
    server.calls.length = 0;
    server.told = [];
    machine.start();
    await server.until(() => server.told.length > 0, "a check-in");
    expect(server.told).toEqual(others("npm_packages", "python_packages"));
    expect(server.count("collection")).toBe(0);
    expect(statSync(join(machine.stateDir, "collection.json")).mode.toString(8)).toBe("100600");
  });

  test("with limits make a source fail that goes beyond them, and its end ends the failure", async () => {
    machine.start();
    await server.until(() => reported() && server.count("poll") > 0, "the first report");
    server.setCollection("c1", { sources: { deb_packages: { rows_max: 1 } } });
    await server.until(() => server.failures.has("deb_packages"), "the failure");
    expect(server.failures.get("deb_packages")).toBe("too_large: More than 1 packages were found.");
    expect(server.rows("deb_packages")).toEqual(["bash 5.2", "hello 2.10-3"]);
    server.setCollection("c2", { sources: {} });
    await server.until(() => server.failures.size === 0, "the end of the failure");
  });

  test("that are not usable are refused once, and the former ones stay", async () => {
    server.intervalSeconds = 10;
    machine.start();
    await server.until(() => reported() && server.count("poll") > 0, "the first report");
    server.setCollection("d1", off("npm_packages"));
    await server.until(() => server.told.join() === others("npm_packages").join(), "a check-in without npm packages");
    server.setCollection("d2", { sources: { deb_packages: { rows_max: 0 } } });
    const refused = () =>
      machine.lines.some((line) => line.includes("deb_packages.rows_max is no whole number from 1 to 50000."));
    await expect.poll(refused).toBe(true);
    const checkins = server.count("checkin");
    await server.until(() => server.count("checkin") > checkins + 1, "further check-ins");
    expect(server.told).toEqual(others("npm_packages"));
    expect(server.count("collection")).toBe(2);
  });

  test("that cannot be got leave the report as it is, and are asked for again", async () => {
    server.intervalSeconds = 10;
    server.fail("collection", { kind: "status", status: 500 });
    server.setCollection("e1", off("npm_packages"));
    machine.start();
    await server.until(() => server.told.join() === others("npm_packages").join(), "a check-in without npm packages");
    expect(server.count("collection")).toBe(2);
    expect(machine.lines.some((line) => line.startsWith("warn The collection settings could not be got"))).toBe(true);
  });

  test("that were damaged on disk are asked for again", async () => {
    server.setCollection("f1", off("npm_packages"));
    mkdirSync(machine.stateDir, { recursive: true });
    writeFileSync(join(machine.stateDir, "collection.json"), '{"etag":"f1","settings":');
    machine.start();
    await server.until(() => server.count("collection") === 1, "the settings");
    expect(machine.lines.some((line) => line.startsWith("warn The kept collection settings cannot be used"))).toBe(true);
  });
});
