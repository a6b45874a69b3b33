import { sql } from "kysely";
import type { Database } from "../database/tables.ts";

export interface OperatingSystem {
  name: string;
  version: string;
  arch: string;
  kernel_version: string;
  platform: string;
}

/**
 * The id of an operating system, made when it is new. Looks before it inserts: an insert that finds its row would burn a number of
 * the sequence at every report.
 */
export async function operatingSystemId(db: Database, os: OperatingSystem): Promise<number> {
  return (await find(db, os)) ?? (await insert(db, os)) ?? (await findCommitted(db, os));
}

async function find(db: Database, os: OperatingSystem): Promise<number | null> {
  const row = await db
    .selectFrom("operating_systems")
    .where("name", "=", os.name)
    .where("version", "=", os.version)
    .where("arch", "=", os.arch)
    .where("kernel_version", "=", os.kernel_version)
    .where("platform", "=", os.platform)
    .select("id")
    .executeTakeFirst();
  return row?.id ?? null;
}

/** null: another process inserted it at the same moment. */
async function insert(db: Database, os: OperatingSystem): Promise<number | null> {
  const { rows } = await sql<{ id: number }>`
    insert into operating_systems (name, version, arch, kernel_version, platform)
    values (${os.name}, ${os.version}, ${os.arch}, ${os.kernel_version}, ${os.platform})
    on conflict do nothing returning id`.execute(db);
  return rows[0]?.id ?? null;
}

async function findCommitted(db: Database, os: OperatingSystem): Promise<number> {
  const id = await find(db, os);
  if (id === null) throw new Error(`operating system ${os.name} ${os.version} is neither there nor insertable`);
  return id;
}
