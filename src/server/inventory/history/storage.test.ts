import { sql } from "kysely";
import { expect, it } from "vitest";
import { testDatabase } from "#test/support/postgres.ts";
import { titleEventList } from "./event-store.ts";

const EVENTS = 100_000;
/** What docs/guide/history.md says (260), with a tenth more for what pages and index pages leave empty. */
const BYTES_PER_EVENT_MAX = 290;

it("an event costs no more than the guide says, and the first page of a title with most of them reads a page of them", async () => {
  const database = await testDatabase();
  const { db } = database;
  try {
    await sql`INSERT INTO hosts (hostname) SELECT 'h' || i FROM generate_series(1, 1000) i`.execute(db);
    await sql`INSERT INTO software_titles (checksum, name, source) VALUES (substr(sha256('t'), 1, 16), 'T', 'apps')`.execute(db);
    await sql`
      INSERT INTO software (title_id, checksum, name, version, source)
      SELECT (SELECT id FROM software_titles), substr(sha256(i::text::bytea), 1, 16), 'T', i::text, 'apps' FROM generate_series(1, 50) i`.execute(
      db,
    );
    await sql`
      INSERT INTO host_software_history (host_id, software_id, title_id, installed_at, removed_at, event, next_software_id)
      SELECT (SELECT min(id) FROM hosts) + i % 1000, (SELECT min(id) FROM software) + i % 49, (SELECT id FROM software_titles),
        now() - make_interval(secs => ${EVENTS}::integer - i + 604800), now() - make_interval(secs => ${EVENTS}::integer - i), 'updated',
        (SELECT min(id) FROM software) + i % 49 + 1
      FROM generate_series(1, ${EVENTS}::integer) i`.execute(db);
    await sql`VACUUM ANALYZE host_software_history`.execute(db);
    const { rows } = await sql<{ bytes: number }>`
      SELECT sum(pg_total_relation_size(inhrelid))::bigint AS bytes FROM pg_inherits
      WHERE inhparent = 'host_software_history'::regclass`.execute(db);
    const perEvent = rows[0]!.bytes / EVENTS;
    expect(perEvent).toBeGreaterThan(0);
    expect(perEvent).toBeLessThan(BYTES_PER_EVENT_MAX);
    const { id } = await db.selectFrom("software_titles").select("id").executeTakeFirstOrThrow();
    const page = await titleEventList(db, id, {}, { limit: 101, after: null });
    expect(page).toHaveLength(101);
  } finally {
    await database.close();
  }
});
