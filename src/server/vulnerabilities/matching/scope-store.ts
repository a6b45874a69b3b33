import { sql } from "kysely";
import type { OperatingSystemFacts } from "#domain/vulnerability/identity/os-scope.ts";
import type { OsScope } from "#domain/vulnerability/model.ts";
import type { Database } from "#server/database/tables.ts";

/** Operating systems whose kind is not told yet. */
export async function operatingSystemsUnscoped(db: Database, limit: number): Promise<Required<OperatingSystemRow>[]> {
  return await db
    .selectFrom("operating_systems")
    .where("os_scope_id", "is", null)
    .orderBy("id")
    .limit(limit)
    .select(["id", "name", "version", "arch", "kernel_version", "platform"])
    .execute();
}

type OperatingSystemRow = { id: number } & Pick<
  OperatingSystemFacts,
  "name" | "version" | "arch" | "kernel_version" | "platform"
>;

/** Tells the kind of operating systems, makes kinds that are new, and subjects of those systems that are assessed themselves. */
export async function scopesAssignInTx(tx: Database, assigned: readonly { id: number; scope: OsScope }[]): Promise<void> {
  const names = assigned.map(({ scope }) => scope.name);
  const families = assigned.map(({ scope }) => scope.family);
  await sql`
    INSERT INTO os_scopes (name, family) SELECT DISTINCT f, f FROM unnest(${families}::text[]) f (f) WHERE f <> ''
    ON CONFLICT (name) DO NOTHING`.execute(tx);
  await sql`
    INSERT INTO os_scopes (name, family, family_id)
    SELECT DISTINCT g.name, g.family, coalesce(f.id, 0) FROM unnest(${names}::text[], ${families}::text[]) g (name, family)
      LEFT JOIN os_scopes f ON f.name = g.family
    ON CONFLICT (name) DO NOTHING`.execute(tx);
  await sql`UPDATE os_scopes SET family_id = id WHERE name = family AND family_id <> id`.execute(tx);
  await sql`
    UPDATE operating_systems o SET os_scope_id = s.id
    FROM unnest(${assigned.map(({ id }) => id)}::bigint[], ${names}::text[]) g (id, name) JOIN os_scopes s ON s.name = g.name
    WHERE o.id = g.id`.execute(tx);
  await sql`
    INSERT INTO match_subjects (operating_system_id, os_scope_id, identity)
    SELECT o.id, o.os_scope_id, '{}' FROM operating_systems o JOIN os_scopes s ON s.id = o.os_scope_id
    WHERE o.id = ANY (${assigned.map(({ id }) => id)}::bigint[]) AND s.family IN ('windows', 'darwin')
    ON CONFLICT DO NOTHING`.execute(tx);
}
