import { hostDisplayName } from "#domain/devices/display-name.ts";
import { recordActivity } from "../activity/record-activity.ts";
import type { Database } from "../database/tables.ts";
import { HttpError, unauthorized } from "../http/errors.ts";
import type { DevicesDeps } from "./deps.ts";
import { cleanEnrollee, enrolleeLockKeys } from "./enrollee.ts";
import type { Enrollee, EnrollInput } from "./enrollee.ts";
import { isEnrollSecret } from "../access/check-enroll-secret.ts";
import * as store from "./enrollment-store.ts";
import { makeNodeKey, nodeKeyHash } from "./node-key.ts";
import { SESSIONS_CHANNEL } from "./node-sessions.ts";
import {
  CONFLICT_REPLACEMENTS,
  CONFLICT_REPORT_MS,
  decideEnrollment,
  matchHost,
  nextFormerMarks,
  recentReplacements,
} from "./tell-hosts-apart.ts";
import type { KnownEnrollment } from "./tell-hosts-apart.ts";

type EnrollDeps = Pick<DevicesDeps, "db" | "now" | "log" | "metrics" | "signals">;

export interface Enrollment {
  host_id: number;
  /** To be handed to the agent and nowhere else: only its hash is stored. */
  node_key: string;
}

const ATTEMPTS_MAX = 3;

/**
 * Enrols an agent: the only way a host comes into being. Re-enrolment under the same identifier keeps the host and replaces the key; a
 * machine that runs several agents is one host; machines that share an identifier are told apart or reported (tell-hosts-apart.ts).
 * Enrolments of one machine wait for each other, so that two at once make one host.
 *
 * @throws {HttpError} 401 when the secret is none of the present enroll secrets; 422 when the identifier is empty.
 */
export async function enrollHost(deps: EnrollDeps, input: EnrollInput): Promise<Enrollment> {
  const outcomes = deps.metrics.counter("muster_enrollments_total", "Enrolments by agent and outcome.", ["agent", "outcome"]);
  if (!(await isEnrollSecret(deps.db, input.enroll_secret))) {
    outcomes.inc({ agent: input.agent, outcome: "refused" });
    throw unauthorized("enroll_secret", "Not one of this server's enroll secrets: copy the present one from Add device.");
  }
  const enrollee = cleanEnrollee(input);
  const nodeKey = makeNodeKey();
  const result = await deps.db.transaction().execute(async (tx) => {
    const enrolled = await enrollWithin(tx, enrollee, nodeKeyHash(nodeKey), deps.now());
    // the key that the host had until now may be in some process's memory
    if (!isNewHost(enrolled)) await deps.signals.publish(SESSIONS_CHANNEL, String(enrolled.host_id), tx);
    return enrolled;
  });
  outcomes.inc({ agent: input.agent, outcome: result.outcome });
  deps.log.info(
    { host_id: result.host_id, agent: input.agent, identifier: enrollee.identifier, outcome: result.outcome },
    "enrolled",
  );
  return { host_id: result.host_id, node_key: nodeKey };
}

type Outcome = "new" | "joined" | "renewed" | "told_apart" | "conflict";
type Enrolled = { host_id: number; outcome: Outcome };

function isNewHost({ outcome }: Enrolled): boolean {
  return outcome === "new" || outcome === "told_apart";
}

async function enrollWithin(tx: Database, enrollee: Enrollee, keyHash: Buffer, now: Date): Promise<Enrolled> {
  await store.enrollmentLock(tx, enrolleeLockKeys(enrollee));
  const { byHardware, byMark } = enrollee.derived;
  const identifiers = [enrollee.identifier, byHardware, byMark].filter((i) => i !== null);
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    // oxlint-disable-next-line no-await-in-loop -- again only when the host was deleted in between
    const known = await store.enrollmentsByIdentifier(tx, enrollee.agent, identifiers);
    const decision = decideEnrollment(known, enrollee, now);
    const enrolled =
      decision.kind === "renew"
        ? // oxlint-disable-next-line no-await-in-loop
          await renew(tx, enrollee, decision.enrollment, keyHash, now)
        : // oxlint-disable-next-line no-await-in-loop
          await enrollFirst(tx, enrollee, decision, keyHash, now);
    if (enrolled !== null) return enrolled;
  }
  throw new HttpError(503, [{ name: "base", reason: "The host is being deleted; enrol again." }], 1);
}

/** null: the host was deleted meanwhile. */
async function renew(
  tx: Database,
  enrollee: Enrollee,
  known: KnownEnrollment,
  keyHash: Buffer,
  now: Date,
): Promise<Enrolled | null> {
  const hostId = known.host_id;
  if (!(await store.hostLock(tx, hostId))) return null;
  const replacedAt = recentReplacements(known, now);
  const formerMarks = nextFormerMarks(known, enrollee);
  const record = {
    host_id: hostId,
    identifier: known.identifier,
    node_key_hash: keyHash,
    former_marks: formerMarks,
    key_replaced_at: replacedAt,
  };
  await store.hostEnrolledAgain(tx, hostId, enrollee, now);
  // a new installation reports anew; machines that steal each other's key must not cost a full report each time
  const reportAgain = formerMarks !== known.former_marks && replacedAt.length === 1;
  await store.enrollmentUpsert(tx, enrollee, record, now, reportAgain);
  await store.seenTimeUpsert(tx, hostId, now);
  if (replacedAt.length < CONFLICT_REPLACEMENTS) return { host_id: hostId, outcome: "renewed" };
  await reportConflict(tx, hostId, known.identifier, enrollee, now);
  return { host_id: hostId, outcome: "conflict" };
}

async function enrollFirst(
  tx: Database,
  enrollee: Enrollee,
  decision: { identifier: string; clashing_host_id: number | null },
  keyHash: Buffer,
  now: Date,
): Promise<Enrolled | null> {
  const candidates = await store.hostsByHardware(tx, enrollee.hardware);
  const others = candidates.filter((host) => host.host_id !== decision.clashing_host_id);
  const match = matchHost(others, enrollee, now);
  if (match !== null && !(await store.hostLock(tx, match.host_id))) return null;
  const { identifier } = decision;
  if (match === null)
    return enrollNew(tx, enrollee, { identifier, node_key_hash: keyHash }, decision.clashing_host_id !== null, now);
  const record = { host_id: match.host_id, identifier, node_key_hash: keyHash, former_marks: [], key_replaced_at: [] };
  await store.hostEnrolledAgain(tx, match.host_id, enrollee, now);
  await store.enrollmentUpsert(tx, enrollee, record, now, true);
  await store.seenTimeUpsert(tx, match.host_id, now);
  return { host_id: match.host_id, outcome: "joined" };
}

async function enrollNew(
  tx: Database,
  enrollee: Enrollee,
  record: { identifier: string; node_key_hash: Buffer },
  toldApart: boolean,
  now: Date,
): Promise<Enrolled> {
  const hostId = await store.hostInsert(tx, enrollee, record, now);
  const details = {
    host_id: hostId,
    host_display_name: displayName(hostId, enrollee),
    host_serial: enrollee.hardware.hardware_serial,
    agent: enrollee.agent,
  };
  await recordActivity(tx, { type: "fleet_enrolled", actor: null, details });
  return { host_id: hostId, outcome: toldApart ? "told_apart" : "new" };
}

function displayName(hostId: number, enrollee: Enrollee): string {
  return hostDisplayName({ id: hostId, computer_name: "", hostname: enrollee.hardware.hostname });
}

async function reportConflict(tx: Database, hostId: number, identifier: string, enrollee: Enrollee, now: Date): Promise<void> {
  const since = new Date(now.getTime() - CONFLICT_REPORT_MS);
  if (!(await store.conflictReportClaim(tx, hostId, identifier, since, now))) return;
  const details = {
    host_id: hostId,
    host_display_name: displayName(hostId, enrollee),
    identifier,
    remote_address: enrollee.public_ip,
  };
  await recordActivity(tx, { type: "host_identifier_conflict", actor: null, details });
}
