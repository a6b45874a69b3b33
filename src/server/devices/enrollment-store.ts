import { sql } from "kysely";
import type { CollectionSettings } from "#domain/collection/merge-settings.ts";
import { isTrivialHardwareId, uuidSpellings } from "#domain/devices/hardware.ts";
import { preparedQuery } from "../database/prepared-query.ts";
import type { Database } from "../database/tables.ts";
import type { NodeSession } from "./authenticate-node.ts";
import type { AgentKind, Enrollee } from "./enrollee.ts";
import type { HostOfHardware, KnownEnrollment } from "./tell-hosts-apart.ts";

/** Hosts with one hardware id that are looked at; clones beyond it are not told apart any better. */
const CANDIDATES_MAX = 100;

/**
 * Prepared, because it runs at every check-in. One search of the unique index a key, whatever PostgreSQL knows of the table's size: a plan
 * made while it was small would scan it for ever. That the agent is Muster's is asked so that no index knows it (`is true`): by
 * statistics from before Muster's agents came, the index of agents and identifiers seems to find none, and is searched through them all.
 */
export const ENROLLMENTS_BY_NODE_KEYS = `
  select s.* from unnest($1::bytea[]) as k (node_key_hash) cross join lateral (
    select e.node_key_hash, e.host_id, e.agent, e.agent_version, e.reported_at, e.refetch_sources,
      h.platform, h.hostname, h.refetch_requested, h.software_sequence, h.osquery_version, h.updated_at,
      (select exists (select from collection_settings) or exists (select from labels where label_membership_type = 'dynamic')) as tailored,
      exists (select from host_enrollments m where m.host_id = e.host_id and (m.agent = 'muster') is true and m.reported_at > $2) as muster_reports,
      (select json_agg(c.settings order by c.label_id is null, c.place) from collection_settings c where c.label_id is null
        or c.label_id = any (array(select m.label_id from label_membership m where m.host_id = e.host_id))) as collection_layers
    from host_enrollments e join hosts h on h.id = e.host_id
    where e.node_key_hash = k.node_key_hash limit 1) s`;

/** A session as it is read: with the collection settings that concern the host instead of their name; null for none. */
export interface NodeSessionRow extends Omit<NodeSession, "collection_etag"> {
  node_key_hash: Buffer;
  collection_layers: CollectionSettings[] | null;
}

/**
 * The sessions of node keys, in no order; those of keys that nobody holds are absent.
 *
 * @param musterReportedSince how recent a report of Muster's agent on the same host must be to count
 */
export async function enrollmentsByNodeKeys(
  db: Database,
  nodeKeyHashes: Buffer[],
  musterReportedSince: Date,
): Promise<NodeSessionRow[]> {
  const parameters = [nodeKeyHashes, musterReportedSince];
  const query = preparedQuery<NodeSessionRow>("enrollments_by_node_keys", ENROLLMENTS_BY_NODE_KEYS, parameters);
  return (await db.executeQuery(query)).rows;
}

/** Waits until nobody else enrols anything that meets one of these keys; released with the transaction. */
export async function enrollmentLock(tx: Database, keys: bigint[]): Promise<void> {
  const list = keys.map(String);
  await sql`select pg_advisory_xact_lock(key) from unnest(${list}::bigint[]) with ordinality as k (key, place) order by place`.execute(
    tx,
  );
}

/** The enrolments of one kind of agent under any of these identifiers. */
export async function enrollmentsByIdentifier(tx: Database, agent: AgentKind, identifiers: string[]): Promise<KnownEnrollment[]> {
  return tx
    .selectFrom("host_enrollments as e")
    .leftJoin("host_seen_times as s", "s.host_id", "e.host_id")
    .where("e.agent", "=", agent)
    .where("e.identifier", "in", identifiers)
    .select(["e.id", "e.host_id", "e.identifier", "e.hardware", "e.former_marks", "e.key_replaced_at", "s.seen_time"])
    .execute();
}

/** Hosts whose uuid (in any spelling) or serial is the given one; filler finds nothing. */
export async function hostsByHardware(
  tx: Database,
  hardware: { uuid: string; hardware_serial: string },
): Promise<HostOfHardware[]> {
  const spellings = isTrivialHardwareId(hardware.uuid) ? [] : uuidSpellings(hardware.uuid);
  const serial = isTrivialHardwareId(hardware.hardware_serial) ? null : hardware.hardware_serial.toLowerCase();
  if (spellings.length === 0 && serial === null) return [];
  const hosts = await tx
    .selectFrom("hosts as h")
    .leftJoin("host_seen_times as s", "s.host_id", "h.id")
    .where((eb) =>
      eb.or([
        eb(sql`lower(h.uuid)`, "=", sql`any(${spellings}::text[])`).and("h.uuid", "<>", ""),
        eb(sql`lower(h.hardware_serial)`, "=", serial),
      ]),
    )
    .select(["h.id as host_id", "h.uuid", "h.hardware_serial", "h.hostname", "s.seen_time"])
    .orderBy("h.id", "desc")
    .limit(CANDIDATES_MAX)
    .execute();
  const enrollments = await enrollmentsOfHosts(
    tx,
    hosts.map((h) => h.host_id),
  );
  return hosts.map((host) => ({ ...host, enrollments: enrollments.filter((e) => e.host_id === host.host_id) }));
}

async function enrollmentsOfHosts(tx: Database, hostIds: number[]) {
  if (hostIds.length === 0) return [];
  const rows = await tx
    .selectFrom("host_enrollments")
    .where("host_id", "in", hostIds)
    .select(["host_id", "agent", "identifier", sql<string>`coalesce(hardware ->> 'instance_id', '')`.as("instance_id")])
    .execute();
  return rows.map((row) => ({ ...row, agent: row.agent as AgentKind }));
}

/**
 * Locks a host's row against deletion and other enrolments. False when it is gone: a deletion came first. Always before its
 * enrolments are written, as deletion takes the locks in this order too.
 */
export async function hostLock(tx: Database, hostId: number): Promise<boolean> {
  const row = await tx.selectFrom("hosts").where("id", "=", hostId).select("id").forNoKeyUpdate().executeTakeFirst();
  return row !== undefined;
}

/** One call for the four rows that a new host begins with: each call takes longer than its row. */
const HOST_INSERT = `
  with host as (
    insert into hosts (uuid, hardware_serial, hostname, platform, public_ip, osquery_version, orbit_version, muster_version,
      created_at, updated_at, last_enrolled_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $9) returning id
  ), noted as (
    insert into label_host_changes (host_id, fields) select id, '{*}' from host
  ), seen as (
    insert into host_seen_times (host_id, seen_time) select id, $9 from host
  ), enrolled as (
    insert into host_enrollments (host_id, identifier, node_key_hash, agent, agent_version, hardware, enrolled_at)
    select id, $10, $11, $12, $13, $14, $9 from host
    on conflict (agent, identifier) do update set host_id = excluded.host_id, node_key_hash = excluded.node_key_hash,
      agent_version = excluded.agent_version, hardware = excluded.hardware, enrolled_at = excluded.enrolled_at, former_marks = '{}',
      key_replaced_at = '{}', refetch_sources = null, reported_at = null
  )
  select id from host`;

/** Makes a host of what an enrolling agent says about it, enrolled and seen now, for the labels to look at. */
export async function hostInsert(
  tx: Database,
  enrollee: Enrollee,
  record: Pick<EnrollmentRecord, "identifier" | "node_key_hash">,
  now: Date,
): Promise<number> {
  const { uuid, hardware_serial, hostname } = enrollee.hardware;
  const { agent, agent_version, platform, public_ip } = enrollee;
  const facts = [uuid, hardware_serial, hostname, platform, public_ip];
  const version = (of: AgentKind): string | null => (agent === of ? agent_version || null : null);
  const versions = [version("osquery") ?? "", version("orbit"), version("muster")];
  const enrollment = [record.identifier, record.node_key_hash, agent, agent_version, JSON.stringify(enrollee.hardware)];
  const query = preparedQuery<{ id: number }>("host-insert", HOST_INSERT, [...facts, ...versions, now, ...enrollment]);
  const [host] = (await tx.executeQuery(query)).rows;
  if (host === undefined) throw new Error("no host was inserted");
  return host.id;
}

/** Notes that anything about the host may have changed, for the labels (labels/evaluate-labels.ts). */
async function labelsLookAgain(tx: Database, hostId: number): Promise<void> {
  await tx
    .insertInto("label_host_changes")
    .values({ host_id: hostId, fields: ["*"] })
    .execute();
}

/** Notes a re-enrolment on its host; facts that the agent does not know stay. */
export async function hostEnrolledAgain(tx: Database, hostId: number, enrollee: Enrollee, now: Date): Promise<void> {
  await tx
    .updateTable("hosts")
    .set({ ...enrolledFacts(enrollee), last_enrolled_at: now, updated_at: now })
    .where("id", "=", hostId)
    .execute();
  await labelsLookAgain(tx, hostId);
}

/** The facts of an enrolment that are not empty, by column. */
function enrolledFacts(enrollee: Enrollee): Record<string, string> {
  const { uuid, hardware_serial, hostname } = enrollee.hardware;
  const facts = {
    uuid,
    hardware_serial,
    hostname,
    platform: enrollee.platform,
    public_ip: enrollee.public_ip,
    [`${enrollee.agent}_version`]: enrollee.agent_version,
  };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== ""));
}

export interface EnrollmentRecord {
  host_id: number;
  identifier: string;
  node_key_hash: Buffer;
  former_marks: string[];
  key_replaced_at: Date[];
}

/**
 * Stores an agent's enrolment; a host keeps one of each kind of agent, so one under an earlier identifier goes, and its key with it.
 *
 * @param reportAgain the next check-in is to be a full report, because another installation reports from now on
 */
export async function enrollmentUpsert(
  tx: Database,
  enrollee: Enrollee,
  record: EnrollmentRecord,
  now: Date,
  reportAgain: boolean,
): Promise<void> {
  await tx
    .deleteFrom("host_enrollments")
    .where("host_id", "=", record.host_id)
    .where("agent", "=", enrollee.agent)
    .where("identifier", "<>", record.identifier)
    .execute();
  const values = {
    ...record,
    agent: enrollee.agent,
    agent_version: enrollee.agent_version,
    hardware: JSON.stringify(enrollee.hardware),
    enrolled_at: now,
    refetch_sources: null,
  };
  await tx
    .insertInto("host_enrollments")
    .values(values)
    .onConflict((conflict) =>
      conflict.columns(["agent", "identifier"]).doUpdateSet(reportAgain ? { ...values, reported_at: null } : values),
    )
    .execute();
}

/** Starts or moves on a host's seen time. */
export async function seenTimeUpsert(tx: Database, hostId: number, now: Date): Promise<void> {
  await sql`
    insert into host_seen_times as s (host_id, seen_time) values (${hostId}, ${now})
    on conflict (host_id) do update set seen_time = greatest(s.seen_time, excluded.seen_time)`.execute(tx);
}

/** Claims the right to report a conflict over a host's identifier; false when one was reported after `since`. */
export async function conflictReportClaim(
  tx: Database,
  hostId: number,
  identifier: string,
  since: Date,
  now: Date,
): Promise<boolean> {
  const result = await sql`
    update host_enrollments set conflict_reported_at = ${now}
    where host_id = ${hostId} and identifier = ${identifier}
      and not exists (select from host_enrollments where host_id = ${hostId} and conflict_reported_at > ${since})`.execute(tx);
  return (result.numAffectedRows ?? 0n) > 0n;
}

export async function enrollmentVersionSet(db: Database, hostId: number, agent: AgentKind, version: string): Promise<void> {
  await db
    .updateTable("host_enrollments")
    .set({ agent_version: version })
    .where("host_id", "=", hostId)
    .where("agent", "=", agent)
    .execute();
}
