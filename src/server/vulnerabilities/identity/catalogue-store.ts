import { sql } from "kysely";
import type { LocalCorrection } from "#domain/vulnerability/identity/catalogue.ts";
import type { VersionTransform } from "#domain/vulnerability/identity/version-transforms.ts";
import type { Database } from "../../database/tables.ts";

/** A text that differs when the corrections in force, or the loaded feeds, differ. */
export async function catalogueStamp(db: Database): Promise<{ corrections: string; feeds: string }> {
  const { rows } = await sql<{ corrections: string; feeds: string }>`
    SELECT (SELECT concat(max(id), '/', count(*) FILTER (WHERE undone_at IS NULL)) FROM product_corrections) AS corrections,
      (SELECT concat(max(changed_at), '/', count(*)) FROM feed_parts WHERE records_count > 0) AS feeds`.execute(db);
  return rows[0] ?? { corrections: "", feeds: "" };
}

/** Every product of CPE names that some vulnerability speaks of: one step of the index a product, never all of its rows. */
export async function usedKeys(db: Database): Promise<string[]> {
  const { rows } = await sql<{ package: string }>`
    WITH RECURSIVE used AS (
      (SELECT package FROM affected_packages WHERE ecosystem = 'cpe' ORDER BY package LIMIT 1)
      UNION ALL
      SELECT (SELECT a.package FROM affected_packages a WHERE a.ecosystem = 'cpe' AND a.package > u.package ORDER BY a.package LIMIT 1)
      FROM used u WHERE u.package IS NOT NULL
    ) SELECT package FROM used WHERE package IS NOT NULL`.execute(db);
  return rows.map((row) => row.package);
}

/** Corrections in force, the oldest first: later ones are stronger. */
export async function correctionsInForce(db: Database): Promise<LocalCorrection[]> {
  const rows = await db.selectFrom("product_corrections").selectAll().where("undone_at", "is", null).orderBy("id").execute();
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    cpe: row.products,
    reason: row.reason,
    ...(row.software_id === null ? {} : { software_id: row.software_id }),
    ...(row.title_id === null ? {} : { title_id: row.title_id }),
    ...(row.name_pattern === null ? {} : { name_pattern: row.name_pattern }),
    ...(row.source === null ? {} : { source: row.source }),
    ...(row.edition === null ? {} : { edition: row.edition }),
    ...(row.version_transform === null ? {} : { version: row.version_transform as VersionTransform }),
  }));
}
