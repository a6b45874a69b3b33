import { backoffMs } from "./backoff.ts";
import type { Inventory } from "./inventory.ts";
import type { ServerCalls } from "./protocol.ts";
import { AgentError } from "./session.ts";
import type { Session } from "./session.ts";
import type { Clock } from "./system/clock.ts";
import type { AgentLog } from "./system/log.ts";
import { CallError } from "./transport.ts";
import type { Wake } from "./wake.ts";
import type { ChangeWatcher } from "./watch.ts";

/** How long the server may hold a poll. */
const POLL_WAIT_SECONDS = 50;
/** Polls that are answered at once (by a proxy that holds nothing, or while a request is being served) come no faster than this. */
const POLL_SPACING_MS = 5000;
/** Sources that are due but whose package manager is at work are looked at again after this long. */
const SOURCES_SPACING_MS = 1000;
const INTERVAL_DEFAULT_SECONDS = 3600;
const INTERVAL_MIN_SECONDS = 5;
const INTERVAL_MAX_SECONDS = 24 * 3600;

/** Reasons to act before the interval is over: these three, or the name of a source that changed. */
const REFETCH = "refetch";
const SETTINGS = "settings";
const KEY_REFUSED = "key refused";

export interface LoopDeps {
  session: Session;
  inventory: Inventory;
  watcher: ChangeWatcher;
  calls: ServerCalls;
  /** Reasons to act; the watcher adds the names of changed sources. */
  wake: Wake<string>;
  clock: Clock;
  /** From 0 to 1, 1 excluded. */
  random: () => number;
  log: AgentLog;
  /** Replaces the interval that the server asks for. */
  intervalSeconds: number | null;
  /** Called before a long wait after work. */
  releaseMemory(): void;
  /** False when another agent took this device over. */
  isLockHeld(): Promise<boolean>;
}

/**
 * The agent's life after start: report everything, then what changed as soon as it changed, everything when the server asks for
 * it or the interval is over, and wait longer and longer while the server cannot be reached. Ends when the signal aborts.
 * @throws AgentError when it cannot go on
 */
export async function runLoop(deps: LoopDeps, signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const polling = pollForever(deps, either);
  try {
    await reportForever(deps, either);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    stop.abort();
    await polling;
  }
}

async function reportForever(deps: LoopDeps, signal: AbortSignal): Promise<void> {
  const { clock, inventory, session, wake } = deps;
  await collectSources(deps, allSources(inventory), signal);
  let due = clock.now() + INTERVAL_DEFAULT_SECONDS * 1000;
  let failures = 0;
  let mustReport = true;
  while (!signal.aborted) {
    if (mustReport || session.hasNews()) {
      const outcome = await tryReport(deps, failures, signal);
      if (!outcome.ok) {
        failures++;
        mustReport = true;
        // Changes do not cut this wait short: they stay on disk and are part of the next report.
        await clock.sleep(outcome.waitMs, signal);
        await refresh(deps, wake.take(), due, signal);
        continue;
      }
      if (failures > 0) deps.log.info({ failures }, "The server answers again.");
      failures = 0;
      due = clock.now() + outcome.waitMs;
    }
    inventory.release();
    deps.releaseMemory();
    // New settings, and sources with an interval of their own, make sources due before the next report.
    const untilReport = Math.max(0, due - clock.now());
    const untilSource = Math.max(SOURCES_SPACING_MS, inventory.untilDue() ?? untilReport);
    const reasons = await wake.wait(Math.min(untilReport, untilSource), signal);
    mustReport = await refresh(deps, reasons, due, signal);
  }
}

/** Collects again what the reasons name and what is due, or everything. @returns true when a report is needed even if nothing changed. */
async function refresh(deps: LoopDeps, reasons: Set<string>, due: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  const { inventory, watcher } = deps;
  const fullReport = reasons.has(REFETCH) || deps.clock.now() >= due;
  const wanted = new Set(reasons.has(REFETCH) ? allSources(inventory) : inventory.due(fullReport));
  const sources = allSources(inventory).filter(
    (source) => reasons.has(source) || (wanted.has(source) && !watcher.isSettling(source)),
  );
  await collectSources(deps, sources, signal);
  watcher.retain(allSources(inventory));
  return fullReport || reasons.has(KEY_REFUSED);
}

function allSources(inventory: Inventory): string[] {
  return inventory.sources.map((source) => source.source);
}

async function collectSources({ inventory, watcher, log }: LoopDeps, sources: string[], signal: AbortSignal): Promise<void> {
  for (const source of sources) {
    const mark = await watcher.mark(watcher.markers(source));
    await inventory.collect([source], signal);
    const state = inventory.states().find((candidate) => candidate.source === source);
    if (state === undefined) continue;
    if (state.failure !== null) log.warn({ source, error: state.failure }, "A source could not be collected.");
    await watcher.collected(source, state.markers, mark);
  }
}

type Outcome = { ok: boolean; waitMs: number };

async function tryReport(deps: LoopDeps, failures: number, signal: AbortSignal): Promise<Outcome> {
  try {
    if (!(await deps.isLockHeld())) throw new AgentError("Another agent took over this device's state directory; this one ends.");
    const asked = await deps.session.report(signal);
    const seconds = deps.intervalSeconds ?? Math.min(Math.max(asked, INTERVAL_MIN_SECONDS), INTERVAL_MAX_SECONDS);
    // Up to a tenth sooner, so that devices that once started together drift apart.
    return { ok: true, waitMs: seconds * 1000 * (0.9 + 0.1 * deps.random()) };
  } catch (error) {
    if (signal.aborted || error instanceof AgentError) throw error;
    const retryAfter = error instanceof CallError ? error.retryAfterSeconds : null;
    const waitMs = backoffMs(failures + 1, deps.random(), retryAfter);
    const reason = error instanceof Error ? error.message : String(error);
    deps.log.warn({ next_attempt_seconds: Math.ceil(waitMs / 1000), error: reason }, "The report did not reach the server.");
    return { ok: false, waitMs };
  }
}

/** Keeps one call open by which the server can ask for a report at any time. */
async function pollForever(deps: LoopDeps, signal: AbortSignal): Promise<void> {
  let failures = 0;
  let refused: string | null = null;
  while (!signal.aborted) {
    const nodeKey = await deps.session.provenKeyOtherThan(refused, signal);
    if (nodeKey === null) return;
    const earliest = deps.clock.now() + POLL_SPACING_MS;
    let wait = 0;
    try {
      const { refetch, collection_etag } = await deps.calls.poll(nodeKey, { wait_seconds: POLL_WAIT_SECONDS }, signal);
      failures = 0;
      if (await deps.session.followSettings(collection_etag, nodeKey, signal)) deps.wake.wake(SETTINGS);
      if (refetch) deps.wake.wake(REFETCH);
      wait = Math.max(0, earliest - deps.clock.now());
    } catch (error) {
      failures++;
      if (error instanceof CallError && error.nodeInvalid) {
        refused = nodeKey;
        deps.wake.wake(KEY_REFUSED);
      }
      wait = backoffMs(failures, deps.random(), error instanceof CallError ? error.retryAfterSeconds : null);
      if (!signal.aborted) deps.log.debug({ error: String(error) }, "A poll failed.");
    }
    await deps.clock.sleep(wait, signal);
  }
}
