import { randomUUID } from "node:crypto";
import { chmod, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { AgentLog } from "../system/log.ts";
import { readText, writePrivateFile } from "../system/files.ts";

const BYTES_MAX = 64 * 1024;

/** What the server gave this device when it enrolled. */
export interface Enrolment {
  /** The server's address the key belongs to: a key is never shown to another server. */
  server: string;
  node_key: string;
  host_id: number;
}

export interface EnrolmentDeps {
  stateDir: string;
  log: AgentLog;
}

function file(stateDir: string): string {
  return join(stateDir, "enrolment.json");
}

/** The stored enrolment with this server; null when there is none, it is another server's, or the file is damaged (logged). */
export async function readEnrolment({ stateDir, log }: EnrolmentDeps, server: string): Promise<Enrolment | null> {
  const path = file(stateDir);
  let text: string | null;
  try {
    text = await readText(path, BYTES_MAX);
  } catch (error) {
    log.warn({ path, error: String(error) }, "The enrolment file cannot be read; this device enrols again.");
    return null;
  }
  if (text === null) return null;
  await narrowMode(path, log);
  const enrolment = parseEnrolment(text);
  if (enrolment === null) {
    log.warn({ path }, "The enrolment file is damaged; this device enrols again.");
    return null;
  }
  if (enrolment.server !== server) {
    log.info({ previous: enrolment.server }, "This device was enrolled with another server; it enrols with this one.");
    return null;
  }
  return enrolment;
}

/** Stores the enrolment, readable by its owner only. */
export async function writeEnrolment({ stateDir }: EnrolmentDeps, enrolment: Enrolment): Promise<void> {
  await writePrivateFile(file(stateDir), `${JSON.stringify(enrolment)}\n`);
}

/** Forgets the key, when the server no longer knows it. */
export async function removeEnrolment({ stateDir }: EnrolmentDeps): Promise<void> {
  await rm(file(stateDir), { force: true });
}

function parseEnrolment(text: string): Enrolment | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { server, node_key, host_id } = value as Partial<Record<keyof Enrolment, unknown>>;
  if (typeof server !== "string" || typeof node_key !== "string" || node_key === "" || !Number.isInteger(host_id)) return null;
  return { server, node_key, host_id: host_id as number };
}

async function narrowMode(path: string, log: AgentLog): Promise<void> {
  if (((await stat(path)).mode & 0o077) === 0) return;
  await chmod(path, 0o600);
  log.warn({ path }, "The enrolment file could be read by others; its mode is 0600 now. Consider enrolling again.");
}

/**
 * The random identifier of this installation of the agent: it tells clones of one machine apart, and stands in for the machine's
 * own identifier where there is none. Kept in a file of its own, so that damage to the enrolment does not make a new device.
 */
export async function readInstanceId(stateDir: string): Promise<string> {
  const path = join(stateDir, "instance-id");
  const stored = ((await readText(path, BYTES_MAX).catch(() => null)) ?? "").trim();
  if (/^[0-9a-f-]{36}$/.test(stored)) return stored;
  const identifier = randomUUID();
  await writePrivateFile(path, `${identifier}\n`);
  return identifier;
}
