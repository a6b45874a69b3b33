import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LIMITS_DEFAULT, LIMITS_SEARCHING } from "./sources/source.ts";
import type { Source } from "./sources/source.ts";
import { systemClock } from "./system/clock.ts";
import type { AgentLog } from "./system/log.ts";
import { ChangeWatcher } from "./watch.ts";

const silent: AgentLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
let root: string;
let changes: string[];
let busy: boolean;
let watcher: ChangeWatcher;

function makeWatcher(pollMs: number): ChangeWatcher {
  const sources: Source[] = [
    { source: "deb_packages", collect: () => Promise.reject(new Error("not used")), busy: async () => busy },
  ];
  const onChange = (source: string) => changes.push(source);
  return new ChangeWatcher({ root, sources, clock: systemClock, log: silent, quietMs: 100, pollMs, onChange });
}

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "muster-watch-"));
  changes = [];
  busy = false;
  mkdirSync(join(root, "db"));
  writeFileSync(join(root, "db/status"), "one");
  watcher = makeWatcher(60_000);
  await watcher.collected("deb_packages", ["/db/status"], "");
});
afterEach(() => {
  watcher.close();
  rmSync(root, { recursive: true, force: true });
});

function replaceStatus(text: string): void {
  writeFileSync(join(root, "db/status-new"), text);
  renameSync(join(root, "db/status-new"), join(root, "db/status"));
}

test("a file that is replaced is one change, after the last write of many", async () => {
  for (let i = 0; i < 5; i++) {
    replaceStatus(`write ${i}`);
    await delay(40);
    expect(changes).toEqual([]);
  }
  await expect.poll(() => changes).toEqual(["deb_packages"]);
  await delay(300);
  expect(changes).toEqual(["deb_packages"]);
});

test("events that leave the markers as they were are none", async () => {
  writeFileSync(join(root, "db/lock"), "");
  await delay(400);
  expect(changes).toEqual([]);
  expect(watcher.isSettling("deb_packages")).toBe(false);
});

test("waits while the package manager is at work", async () => {
  busy = true;
  replaceStatus("two");
  await delay(500);
  expect(changes).toEqual([]);
  expect(watcher.isSettling("deb_packages")).toBe(true);
  busy = false;
  await expect.poll(() => changes).toEqual(["deb_packages"]);
});

test("a change during a collection still counts", async () => {
  const mark = await watcher.mark(["/db/status"]);
  replaceStatus("while it was read");
  await watcher.collected("deb_packages", ["/db/status"], mark);
  await expect.poll(() => changes).toEqual(["deb_packages"]);
});

test("what no event tells is found by comparing: a directory that did not exist, in a parent that did not either", async () => {
  watcher.close();
  watcher = makeWatcher(150);
  await watcher.collected("deb_packages", ["/later/lib/node_modules"], "");
  mkdirSync(join(root, "later/lib/node_modules"), { recursive: true });
  await expect.poll(() => changes).toContain("deb_packages");
  await watcher.collected("deb_packages", ["/later/lib/node_modules"], await watcher.mark(["/later/lib/node_modules"]));
  await delay(200);
  changes = [];
  mkdirSync(join(root, "later/lib/node_modules/new"));
  await expect.poll(() => changes).toEqual(["deb_packages"]);
});

test("after its end it says nothing", async () => {
  watcher.close();
  replaceStatus("two");
  await delay(300);
  expect(changes).toEqual([]);
});

test("a source that is collected seldom is compared seldom, and one that was switched off not at all", async () => {
  watcher.close();
  const seldom: Source = {
    source: "go_binaries",
    collect: () => Promise.reject(new Error("not used")),
    limits: LIMITS_SEARCHING,
  };
  const onChange = (source: string) => changes.push(source);
  const often: Source = { ...seldom, source: "deb_packages", limits: LIMITS_DEFAULT };
  const off: Source = { ...often, source: "rpm_packages" };
  const sources = [seldom, often, off];
  watcher = new ChangeWatcher({ root, sources, clock: systemClock, log: silent, quietMs: 50, pollMs: 60, onChange });
  // Nothing can be watched where not even the parent exists: comparing alone tells.
  for (const { source } of sources) await watcher.collected(source, ["/none/yet/file"], "");
  watcher.retain(["go_binaries", "deb_packages"]);
  mkdirSync(join(root, "none/yet/file"), { recursive: true });
  await expect.poll(() => changes[0]).toBe("deb_packages");
  await expect.poll(() => changes.includes("go_binaries")).toBe(true);
  expect(changes).not.toContain("rpm_packages");
});
