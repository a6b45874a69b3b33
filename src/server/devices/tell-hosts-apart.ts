import { compareHardware } from "#domain/devices/hardware.ts";
import type { AgentKind, Enrollee } from "./enrollee.ts";
import { installationMark } from "./enrollee.ts";

/**
 * Which host an enrolling agent belongs to. Pure decisions over what the store read.
 *
 * An agent that comes back under its identifier keeps its host, whatever changed: disks are swapped, machines are reinstalled. Only
 * proof of a second machine makes a second host, because a host that splits loses its history, and two machines on one host steal
 * each other's key for ever. The proof is one of:
 * - uuid and serial are both known and both differ;
 * - one of them differs, and the machine that holds the identifier was seen lately;
 * - an installation that was replaced comes back while its successor lives: a reinstalled agent never does.
 */

/** A host that was seen within this time counts as alive. Longer than any poll interval, shorter than a repair. */
const ALIVE_MS = 60 * 60 * 1000;
/** Former installations kept per enrolment. */
export const FORMER_MARKS_MAX = 10;
/** This many new keys for one identifier within {@link CONFLICT_WINDOW_MS} mean that machines steal it from each other. */
export const CONFLICT_REPLACEMENTS = 3;
export const CONFLICT_WINDOW_MS = 10 * 60 * 1000;
/** One machine's conflict is reported once in this time. */
export const CONFLICT_REPORT_MS = 60 * 60 * 1000;

/** A stored enrolment under the identifier that an agent names, or under one derived from it. */
export interface KnownEnrollment {
  id: number;
  host_id: number;
  identifier: string;
  hardware: Record<string, string>;
  former_marks: string[];
  key_replaced_at: Date[];
  seen_time: Date | null;
}

/** A host with the enrolling agent's hardware uuid or serial. */
export interface HostOfHardware {
  host_id: number;
  uuid: string;
  hardware_serial: string;
  hostname: string;
  seen_time: Date | null;
  enrollments: { agent: AgentKind; identifier: string; instance_id: string }[];
}

export type EnrollmentDecision =
  | { kind: "renew"; enrollment: KnownEnrollment }
  /** `clashing_host_id`: the host that holds the agent's own identifier and is another machine; null when the identifier is free. */
  | { kind: "first"; identifier: string; clashing_host_id: number | null };

/** Decides between the enrolments that are stored under the agent's identifier and the identifiers derived from it. */
export function decideEnrollment(known: KnownEnrollment[], enrollee: Enrollee, now: Date): EnrollmentDecision {
  const { byHardware, byMark } = enrollee.derived;
  const derived = known.find((e) => e.identifier === byMark) ?? known.find((e) => e.identifier === byHardware);
  if (derived !== undefined) return { kind: "renew", enrollment: derived };
  const base = known.find((e) => e.identifier === enrollee.identifier);
  if (base === undefined) return { kind: "first", identifier: enrollee.identifier, clashing_host_id: null };
  if (isOtherHardware(base, enrollee, now) && byHardware !== null) {
    return { kind: "first", identifier: byHardware, clashing_host_id: base.host_id };
  }
  if (isReturnedInstallation(base, enrollee, now) && byMark !== null) {
    return { kind: "first", identifier: byMark, clashing_host_id: base.host_id };
  }
  return { kind: "renew", enrollment: base };
}

function isOtherHardware(known: KnownEnrollment, enrollee: Enrollee, now: Date): boolean {
  const recorded = { uuid: known.hardware["uuid"] ?? "", hardware_serial: known.hardware["hardware_serial"] ?? "" };
  const { equal, different } = compareHardware(recorded, enrollee.hardware);
  if (different === 0) return false;
  return (equal === 0 && different === 2) || isAlive(known.seen_time, now);
}

function isReturnedInstallation(known: KnownEnrollment, enrollee: Enrollee, now: Date): boolean {
  if (enrollee.mark === "" || enrollee.mark === installationMark(known.hardware)) return false;
  return known.former_marks.includes(enrollee.mark) && isAlive(known.seen_time, now);
}

function isAlive(seenTime: Date | null, now: Date): boolean {
  return seenTime !== null && now.getTime() - seenTime.getTime() < ALIVE_MS;
}

/** The marks of former installations after the enrolling one took over from the recorded one. */
export function nextFormerMarks(known: KnownEnrollment, enrollee: Enrollee): string[] {
  const previous = installationMark(known.hardware);
  if (previous === "" || previous === enrollee.mark) return known.former_marks;
  return [...known.former_marks.filter((m) => m !== previous && m !== enrollee.mark), previous].slice(-FORMER_MARKS_MAX);
}

/** Times of key replacements that still count, the present one included. */
export function recentReplacements(known: KnownEnrollment, now: Date): Date[] {
  const since = now.getTime() - CONFLICT_WINDOW_MS;
  return [...known.key_replaced_at.filter((t) => t.getTime() > since), now].slice(-CONFLICT_REPLACEMENTS);
}

/**
 * The host that this agent's machine already is under another agent or another identifier; null when there is none.
 *
 * By uuid, else by serial where the uuids cannot say; never by hostname, which only chooses between several and tells a clone (equal
 * hardware, another name, the other one alive) from a changed identifier.
 */
export function matchHost(candidates: HostOfHardware[], enrollee: Enrollee, now: Date): HostOfHardware | null {
  const matching = candidates.filter((host) => {
    const { equal, different } = compareHardware(host, enrollee.hardware);
    return equal > 0 && different === 0 && !isOccupied(host, enrollee, now);
  });
  const ranked = matching.toSorted((a, b) => rank(b, enrollee) - rank(a, enrollee) || b.host_id - a.host_id);
  return ranked[0] ?? null;
}

function rank(host: HostOfHardware, enrollee: Enrollee): number {
  return hasHostname(host, enrollee.hardware.hostname) ? 1 : 0;
}

function hasHostname(host: HostOfHardware, hostname: string): boolean {
  return host.hostname !== "" && host.hostname.toLowerCase() === hostname.toLowerCase();
}

/** Does another living installation of the same kind of agent hold this host? Then the enrolling one runs on a clone. */
function isOccupied(host: HostOfHardware, enrollee: Enrollee, now: Date): boolean {
  const other = host.enrollments.find((e) => e.agent === enrollee.agent && e.identifier !== enrollee.identifier);
  if (other === undefined || !isAlive(host.seen_time, now)) return false;
  if (other.instance_id !== "" && other.instance_id === enrollee.hardware.instance_id) return false;
  return host.hostname !== "" && enrollee.hardware.hostname !== "" && !hasHostname(host, enrollee.hardware.hostname);
}
