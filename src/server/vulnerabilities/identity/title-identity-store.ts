import { sql } from "kysely";
import type { SubjectIdentity } from "#domain/vulnerability/model.ts";
import type { Database } from "../../database/tables.ts";
import type { CorrectionRow } from "./product-correction-store.ts";

/** What versions of one title are taken for. */
export interface TitleIdentity {
  status: SubjectIdentity["status"];
  why: string;
  products: string[];
  versions_count: number;
  software_version_id: number;
}

const IDENTITIES_MAX = 20;
const CORRECTIONS_MAX = 200;

/** Undefined: there is no such title. */
export async function titleNamed(db: Database, id: number): Promise<{ name: string; source: string } | undefined> {
  return await db.selectFrom("software_titles").select(["name", "source"]).where("id", "=", id).executeTakeFirst();
}

/** What the versions of a title that hosts hold are taken for, the most common first. */
export async function titleIdentities(db: Database, titleId: number): Promise<TitleIdentity[]> {
  const { rows } = await sql<TitleIdentity>`
    SELECT x.status, x.why, x.products, count(DISTINCT x.software_id)::integer AS versions_count,
      max(x.software_id)::integer AS software_version_id
    FROM (
      SELECT m.software_id, m.status, m.identity ->> 'why' AS why, ARRAY(
          SELECT DISTINCT k ->> 'package' FROM json_array_elements(m.identity -> 'keys') k WHERE k ->> 'ecosystem' = 'cpe' ORDER BY 1
        ) AS products
      FROM software s JOIN software_counts c ON c.software_id = s.id JOIN match_subjects m ON m.software_id = s.id
      WHERE s.title_id = ${titleId} AND c.hosts_count > 0
    ) x GROUP BY x.status, x.why, x.products ORDER BY versions_count DESC, x.why LIMIT ${sql.lit(IDENTITIES_MAX)}`.execute(db);
  return rows;
}

/** Corrections that hold and may speak of a title: of it, of a version of it, or by name; the newest first. */
export async function correctionsNear(db: Database, titleId: number): Promise<CorrectionRow[]> {
  return await db
    .selectFrom("product_corrections as c")
    .selectAll()
    .where("c.undone_at", "is", null)
    .where((eb) =>
      eb.or([
        eb("c.title_id", "=", titleId),
        eb("c.name_pattern", "is not", null),
        eb("c.software_id", "in", eb.selectFrom("software").select("id").where("title_id", "=", titleId)),
      ]),
    )
    .orderBy("c.id", "desc")
    .limit(CORRECTIONS_MAX)
    .execute();
}
