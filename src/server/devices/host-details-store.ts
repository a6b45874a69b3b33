import { CompiledQuery, sql } from "kysely";
import type { RawBuilder } from "kysely";
import { preparedQuery } from "../database/prepared-query.ts";
import type { Database } from "../database/tables.ts";
import { VITALS } from "#domain/labels/vitals.ts";
import type { HostColumns } from "./host-facts.ts";

/** Free space is worth a write when it moved by this much; see {@link hostDetailsUpdate}. */
const DISK_STEP_GIGABYTES = 1;
const DISK_STEP_PERCENT = 1;
/** Uptime and report time are read at different moments: a start time that moves by less is the same start. */
const RESTART_STEP_SECONDS = 300;

export interface HostDetailsChange {
  lasting: HostColumns;
  /** Free disk space. */
  volatile: HostColumns;
  /** null: not reported. */
  uptime_seconds: number | null;
  now: Date;
}

/**
 * Writes a host's facts in one statement, and only when something is worth a write: a lasting fact that differs, a restart, or free
 * space that moved visibly. Facts that move all the time ride along with any write but never cause one, so an idle fleet writes
 * nothing.
 *
 * @returns whether a row was written (false also when the host does not exist)
 */
export async function hostDetailsUpdate(db: Database, hostId: number, change: HostDetailsChange): Promise<boolean> {
  const { lasting, volatile, uptime_seconds: uptime, now } = change;
  const assignments: RawBuilder<unknown>[] = [sql`updated_at = ${now}`, sql`detail_updated_at = ${now}`];
  const conditions: RawBuilder<unknown>[] = [sql`detail_updated_at is null`];
  for (const [column, value] of Object.entries(lasting)) {
    assignments.push(sql`${sql.ref(column)} = ${value}`);
    conditions.push(differs(column, value));
  }
  for (const [column, value] of Object.entries(volatile)) assignments.push(sql`${sql.ref(column)} = ${value}`);
  conditions.push(...diskMoved(volatile));
  if (uptime !== null) {
    const restartedAt = new Date(now.getTime() - uptime * 1000);
    assignments.push(sql`last_restarted_at = ${restartedAt}`, sql`uptime = ${uptime}::bigint * 1000000000`);
    conditions.push(
      sql`last_restarted_at is null`,
      sql`abs(extract(epoch from last_restarted_at - ${restartedAt}::timestamptz)) > ${RESTART_STEP_SECONDS}`,
    );
  }
  const statement = sql`
    with known as materialized (
      select id, array_remove(array[${sql.join(labelFields(lasting))}]::text[], null) as fields
        ${lasting["operating_system_id"] === undefined ? sql`` : sql`, operating_system_id`}
      from hosts where id = ${hostId} and (${sql.join(conditions, sql` or `)}) for no key update
    ), ${moved(lasting["operating_system_id"])} noted as (
      insert into label_host_changes (host_id, fields) select id, fields from known where fields <> '{}'
    ), written as (
      update hosts set ${sql.join(assignments)} from known where hosts.id = known.id returning 1
    )
    select count(*) as written from written`.compile(db);
  const { rows } = await db.executeQuery<{ written: number }>(preparedWhereUsual(statement));
  return (rows[0]?.written ?? 0) > 0;
}

/**
 * Another operating system: the host's vulnerabilities are looked at again (vulnerabilities/matching), those of all its software where it
 * is of another kind now or of one that is not known yet.
 */
function moved(id: string | number | null | undefined): RawBuilder<unknown> {
  if (id === undefined) return sql``;
  return sql`moved as (
      insert into subject_changes (host_id, software_added, operating_system_ids)
      select k.id, case when before.os_scope_id = after.os_scope_id then '{}'::integer[] end,
        array_remove(array[before.id, after.id], null)::integer[]
      from known k left join operating_systems before on before.id = k.operating_system_id
        left join operating_systems after on after.id = ${id}
      where k.operating_system_id is distinct from ${id}
    ), `;
}

/** Sets of facts whose statements are prepared: each kind of agent sends one or two, but nothing keeps a device from sending others. */
const PREPARED_MAX = 64;
const preparedNames = new Map<string, string>();

/** To plan the statement takes several times as long as to run it. */
function preparedWhereUsual(statement: CompiledQuery): CompiledQuery<{ written: number }> {
  const { sql: text, parameters } = statement;
  const name = preparedNames.get(text) ?? `host-details-${preparedNames.size}`;
  if (!preparedNames.has(text) && preparedNames.size >= PREPARED_MAX) return CompiledQuery.raw(text, [...parameters]);
  preparedNames.set(text, name);
  return preparedQuery(name, text, parameters);
}

/** Fields that labels' criteria may mention (`labels.criteria_fields`), by the column that holds them. */
const LABEL_FIELDS: ReadonlyMap<string, string> = new Map([
  ...VITALS.map(({ field }) => [field, field] as const),
  ["operating_system_id", "operating_system"],
]);

/** One SQL expression for each fact that labels may ask about: its field's name when the fact changes, else NULL. */
function labelFields(lasting: HostColumns): RawBuilder<unknown>[] {
  const fields = Object.entries(lasting).flatMap(([column, value]) => {
    const field = LABEL_FIELDS.get(column);
    return field === undefined ? [] : [sql`case when ${differs(column, value)} then ${field}::text end`];
  });
  return fields.length === 0 ? [sql`null`] : fields;
}

/** A uuid in another case is the same: two agents on one host may spell it differently and would write by turns. */
function differs(column: string, value: string | number | null): RawBuilder<unknown> {
  if (column === "uuid") return sql`lower(uuid) is distinct from ${String(value).toLowerCase()}`;
  return sql`${sql.ref(column)} is distinct from ${value}`;
}

function diskMoved(volatile: HostColumns): RawBuilder<unknown>[] {
  if (volatile["gigs_total_disk_space"] === undefined) return [];
  return [
    sql`gigs_total_disk_space is distinct from ${volatile["gigs_total_disk_space"]}`,
    sql`abs(gigs_disk_space_available - ${volatile["gigs_disk_space_available"]}) >= ${DISK_STEP_GIGABYTES}`,
    sql`abs(percent_disk_space_available - ${volatile["percent_disk_space_available"]}) >= ${DISK_STEP_PERCENT}`,
  ];
}

/** What an incomplete report of the operating system is completed with. */
export async function hostOperatingSystemFacts(db: Database, hostId: number) {
  return db
    .selectFrom("hosts as h")
    .leftJoin("operating_systems as o", "o.id", "h.operating_system_id")
    .where("h.id", "=", hostId)
    .select(["h.platform", "o.arch", "o.kernel_version", "o.name", "o.version"])
    .executeTakeFirst();
}
