import { sql } from "kysely";
import type { Database } from "../database/tables.ts";

/** The agents that are enrolled for a host. */
export async function hostAgents(db: Database, hostId: number) {
  return db
    .selectFrom("host_enrollments")
    .where("host_id", "=", hostId)
    .select(["agent", "agent_version as version", "enrolled_at", "identifier"])
    .orderBy("agent")
    .execute();
}

/** The host that is called so: by uuid, hostname, serial (without regard to case) or an agent's identifier. Each by its own index. */
export async function hostIdByIdentifier(db: Database, identifier: string): Promise<number | null> {
  const { rows } = await sql<{ id: number }>`
    select h.id from hosts h join (
      select id from hosts where lower(uuid) = lower(${identifier}) and uuid <> ''
      union select id from hosts where lower(hostname) = lower(${identifier})
      union select id from hosts where lower(hardware_serial) = lower(${identifier}) and hardware_serial <> ''
      union select host_id from host_enrollments
        where agent in ('osquery', 'muster', 'orbit') and identifier = ${identifier}
    ) named on named.id = h.id
    order by h.last_enrolled_at desc, h.id desc limit 1`.execute(db);
  return rows[0]?.id ?? null;
}

/** What the audit trail keeps of hosts that are deleted; their rows are locked, in the order of their ids. Gone ones are left out. */
export async function hostsForDeletion(tx: Database, hostIds: number[]) {
  return tx
    .selectFrom("hosts")
    .where("id", "=", sql<number>`any(${hostIds}::bigint[])`)
    .select(["id", "hostname", "computer_name", "hardware_serial"])
    .orderBy("id")
    .forUpdate()
    .execute();
}

/**
 * Deletes hosts' rows and all that hangs on them by foreign key. Their enrolments are taken first, in the order in which bulk writes of
 * report times take them: a cascade has an order of its own.
 */
export async function hostsRemove(tx: Database, hostIds: number[]): Promise<void> {
  const hosts = sql<number>`any(${hostIds}::bigint[])`;
  await tx
    .selectFrom("host_enrollments")
    .where("host_id", "=", hosts)
    .select("id")
    .orderBy("host_id")
    .orderBy("id")
    .forUpdate()
    .execute();
  await tx.deleteFrom("hosts").where("id", "=", hosts).execute();
}
