import { sql } from "kysely";
import type { Database } from "#server/database/tables.ts";

/**
 * Fills a database with `count` hosts made by the server itself, for tests of plans and times: five platforms, thirty operating systems, a
 * thousand models, polls within the last day, one enrolment each, and 40 of 2,000 software rows on every 25th host.
 */
export async function seedHosts(db: Database, count: number): Promise<void> {
  // the trigram index is built ten times faster at once than row by row
  const { rows } = await sql<{ def: string }>`select pg_get_indexdef('hosts_search'::regclass) as def`.execute(db);
  await sql`drop index hosts_search`.execute(db);
  await sql`
    insert into operating_systems (name, version, arch, platform)
    select 'OS ' || i / 3, (i % 3)::text, 'x86_64', (array['ubuntu', 'darwin', 'windows', 'rhel', 'debian'])[1 + (i / 3) % 5]
    from generate_series(0, 29) i`.execute(db);
  await sql`
    insert into hosts (created_at, hostname, computer_name, uuid, hardware_serial, hardware_model, platform, os_version, primary_ip, memory,
      operating_system_id, distributed_interval, config_tls_refresh, detail_updated_at, software_updated_at)
    select now() - make_interval(mins => i), 'host-' || md5(i::text), case when i % 3 = 0 then '' else 'Computer ' || i end,
      gen_random_uuid()::text, 'SN' || upper(substr(md5('s' || i), 1, 10)), 'Model ' || i % 1000,
      (array['ubuntu', 'darwin', 'windows', 'rhel', 'debian'])[1 + (i / 3) % 5], 'OS ' || (i % 30) / 3 || ' ' || i % 3,
      '10.' || i / 65536 || '.' || (i / 256) % 256 || '.' || i % 256, 8000000000 + (i % 7) * 4000000000,
      (select min(id) from operating_systems) + i % 30, 10, 60, now(), now() - make_interval(mins => i % 3000)
    from generate_series(1, ${sql.lit(count)}) i`.execute(db);
  await sql`insert into host_seen_times (host_id, seen_time) select id, now() - make_interval(secs => id % 86400) from hosts`.execute(
    db,
  );
  await sql`
    insert into host_enrollments (host_id, agent, identifier, node_key_hash)
    select id, 'osquery', uuid, sha256(id::text::bytea) from hosts`.execute(db);
  await seedSoftware(db);
  for (const { def } of rows) await sql.raw(def).execute(db);
  // sets the visibility map too, as autovacuum does: index-only scans depend on it
  await sql`vacuum analyze`.execute(db);
}

async function seedSoftware(db: Database): Promise<void> {
  await sql`
    insert into software_titles (checksum, name, source)
    select substr(sha256(i::text::bytea), 1, 16), 'Title ' || i, 'apps' from generate_series(1, 500) i`.execute(db);
  await sql`
    insert into software (title_id, checksum, name, version, source)
    select (select min(id) from software_titles) + i % 500, substr(sha256(i::text::bytea), 1, 16), 'Title ' || i % 500, (i / 500)::text, 'apps'
    from generate_series(0, 1999) i`.execute(db);
  await sql`
    insert into host_software (host_id, software_id)
    select h.id, (select min(id) from software) + (h.id + i * 47) % 2000
    from hosts h, generate_series(1, 40) i where h.id % 25 = 0 on conflict do nothing`.execute(db);
}
