import { sql } from "kysely";
import type { Database } from "../database/tables.ts";

/** False when there is no such host. Writes nothing when a refetch is already wanted. */
export async function hostRefetchSet(tx: Database, hostId: number): Promise<boolean> {
  const set = await sql`update hosts set refetch_requested = true where id = ${hostId} and not refetch_requested`.execute(tx);
  if ((set.numAffectedRows ?? 0n) > 0n) return true;
  return (await tx.selectFrom("hosts").where("id", "=", hostId).select("id").executeTakeFirst()) !== undefined;
}

/**
 * Ends a refetch. Two statements, not one: each takes its locks alone, as enrolment takes the host's first. What a crash between them
 * leaves is a refetch that is asked for once more.
 */
export async function hostRefetchClear(db: Database, hostId: number): Promise<void> {
  await sql`update host_enrollments set refetch_sources = null where host_id = ${hostId} and refetch_sources is not null`.execute(
    db,
  );
  await sql`update hosts set refetch_requested = false where id = ${hostId} and refetch_requested`.execute(db);
}

/** Notes which sources an agent will send for a running refetch. */
export async function refetchSourcesSet(db: Database, hostId: number, agent: string, sources: string[]): Promise<void> {
  await sql`
    update host_enrollments set refetch_sources = ${sources}::text[]
    where host_id = ${hostId} and agent = ${agent} and refetch_sources is distinct from ${sources}::text[]`.execute(db);
}

/** Takes sources off an agent's running refetch; returns how many are left, or null when none runs. */
export async function refetchSourcesRemove(
  db: Database,
  hostId: number,
  agent: string,
  sources: string[],
): Promise<number | null> {
  const { rows } = await sql<{ left_count: number }>`
    update host_enrollments
    set refetch_sources = array(select s from unnest(refetch_sources) as s where s <> all(${sources}::text[]))
    where host_id = ${hostId} and agent = ${agent} and refetch_sources is not null
    returning cardinality(refetch_sources) as left_count`.execute(db);
  return rows[0]?.left_count ?? null;
}
