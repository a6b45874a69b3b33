import { sql } from "kysely";
import { identityKey } from "#domain/software/identity.ts";
import { identityOf } from "#domain/software/software.ts";
import type { SoftwareIdentity } from "#domain/software/software.ts";
import { hostSoftwareAsOf } from "#server/inventory/history/history-store.ts";
import { clearForgottenHosts } from "#server/inventory/remove-host-software.ts";
import { wrongStoredCounts } from "../support/stored.ts";
import { sweepNow } from "./steps.ts";
import type { Moment, World } from "./world.ts";

/** Something that must hold does not. The message says what, for people. */
export class Violation extends Error {
  override readonly name = "Violation";
}

interface StoredRow extends SoftwareIdentity {
  hostname: string;
  installed_paths: string[] | null;
  installed_by: string | null;
}

/** Every acknowledged report is reflected, no more and no less, and there is one host for each device. */
export async function checkHoldings(world: World): Promise<void> {
  const { rows } = await sql<StoredRow>`
    SELECT h.hostname, s.*, hs.installed_paths, hs.installed_by FROM hosts h
    JOIN host_software hs ON hs.host_id = h.id JOIN software s ON s.id = hs.software_id`.execute(world.handles.primary);
  const byHost = Map.groupBy(rows, (row) => row.hostname);
  for (const device of world.devices) {
    const stored = (byHost.get(device.hostname) ?? []).map(storedLine);
    compare(`${device.hostname} (${device.image.name})`, stored, [...device.expected().values()]);
  }
  const hosts = await world.handles.primary.selectFrom("hosts").select("hostname").execute();
  const known = world.devices.filter((d) => d.acknowledged.size > 0).map((d) => d.hostname);
  compare(
    "hosts",
    hosts.map((h) => h.hostname),
    known,
  );
}

function storedLine(row: StoredRow): string {
  return JSON.stringify([identityKey(row), (row.installed_paths ?? []).toSorted(), row.installed_by ?? ""]);
}

export async function checkCounts(world: World): Promise<void> {
  const wrong = await wrongStoredCounts(world.handles.primary);
  if (wrong.length > 0)
    throw new Violation(`${wrong.length} counts differ from their rows: ${JSON.stringify(wrong.slice(0, 5))}`);
}

/** The members of each label are those that were put in, as far as their hosts still are the same. */
export async function checkLabels(world: World): Promise<void> {
  for (const [id, members] of world.labels) {
    const rows = await world.handles.primary
      .selectFrom("label_membership as m")
      .innerJoin("hosts as h", "h.id", "m.host_id")
      .where("m.label_id", "=", id)
      .select("h.hostname")
      .execute();
    const strangers = rows.filter(({ hostname }) => !members.has(hostname));
    if (strangers.length > 0) throw new Violation(`label ${id} has hosts that nobody put in: ${JSON.stringify(strangers)}`);
  }
}

/** After the clean-up nothing is left in the catalogue that no host holds and no history names. */
export async function checkOrphans(world: World): Promise<void> {
  await clearForgottenHosts(world.handles.primary);
  await sweepNow(world);
  const { rows } = await sql<{ name: string }>`
    SELECT 'software ' || s.name AS name FROM software s
    WHERE NOT EXISTS (SELECT 1 FROM host_software hs WHERE hs.software_id = s.id)
      AND NOT EXISTS (SELECT 1 FROM host_software_history h WHERE h.software_id = s.id OR h.next_software_id = s.id)
    UNION ALL SELECT 'title ' || t.name FROM software_titles t WHERE NOT EXISTS (SELECT 1 FROM software s WHERE s.title_id = t.id)
    UNION ALL SELECT 'history of host ' || host_id FROM host_software_history h
      WHERE NOT EXISTS (SELECT 1 FROM hosts WHERE id = h.host_id)`.execute(world.handles.primary);
  if (rows.length > 0) throw new Violation(`${rows.length} orphans: ${JSON.stringify(rows.slice(0, 5))}`);
}

/** Keeps what is true now, to be asked for at the end. */
export async function rememberMoment(world: World, step: number): Promise<void> {
  const { rows } = await sql<{ at: Date }>`SELECT clock_timestamp() AS at`.execute(world.handles.primary);
  const at = rows[0]?.at ?? new Date();
  // JavaScript's dates end at milliseconds: what was committed within this one belongs to it
  const held = new Map(world.devices.map((device) => [device.hostname, [...device.expected().keys()]]));
  world.moments.push({ at: new Date(at.getTime() + 1), step, held });
  await new Promise((resolve) => setTimeout(resolve, 3));
}

/** History adds up to the present: at every remembered moment each host that is still the same held what it held then. */
export async function checkHistory(world: World): Promise<void> {
  for (const moment of world.moments) for (const device of world.devices) await checkMoment(world, moment, device.hostname);
}

async function checkMoment(world: World, moment: Moment, hostname: string): Promise<void> {
  const db = world.handles.primary;
  const host = await db.selectFrom("hosts").select(["id", "created_at"]).where("hostname", "=", hostname).executeTakeFirst();
  if (host === undefined || host.created_at > moment.at) return; // deleted since, its history with it
  const links = await hostSoftwareAsOf(db, host.id, moment.at);
  compare(
    `${hostname} as of step ${moment.step}`,
    links.map((link) => identityKey(identityOf(link))),
    moment.held.get(hostname) ?? [],
  );
}

function compare(what: string, found: string[], expected: string[]): void {
  const [there, wanted] = [new Set(found), new Set(expected)];
  const missing = expected.filter((line) => !there.has(line));
  const surplus = found.filter((line) => !wanted.has(line));
  if (missing.length === 0 && surplus.length === 0 && found.length === expected.length) return;
  const sample = (lines: string[]): string => JSON.stringify(lines.slice(0, 3).map((line) => line.replaceAll("\u0000", "¦")));
  throw new Violation(
    `${what}: ${found.length} found, ${expected.length} expected; missing ${missing.length} ${sample(missing)}, surplus ${surplus.length} ${sample(surplus)}`,
  );
}
