import { sql } from "kysely";
import type { SubjectIdentity } from "#domain/vulnerability/model.ts";
import type { Database } from "../../database/tables.ts";
import { containsPattern } from "../../database/like-pattern.ts";
import { applyKeyset, type Page } from "../../http/paging.ts";

export const UNIDENTIFIED_ORDER_KEYS = ["hosts_count", "software_title_id"] as const;
export type UnidentifiedOrderKey = (typeof UNIDENTIFIED_ORDER_KEYS)[number];

interface UnidentifiedRow {
  software_title_id: number;
  name: string;
  source: string;
  hosts_count: number;
  versions_count: number;
  subject_id: number;
}

/** Titles of unidentified subjects; of each one subject stands for all. Reads by the index on subjects that are not assessed. */
function unidentifiedTitles(search: string | undefined) {
  const matching = search === undefined ? sql`true` : sql`lower(t.name) LIKE ${containsPattern(search.toLowerCase())}`;
  return sql<UnidentifiedRow>`(
    SELECT t.id AS software_title_id, t.name, t.source, coalesce(max(c.hosts_count), 0)::integer AS hosts_count,
      count(DISTINCT s.id)::integer AS versions_count, max(m.id)::integer AS subject_id
    FROM match_subjects m JOIN software s ON s.id = m.software_id JOIN software_titles t ON t.id = s.title_id
      LEFT JOIN software_title_counts c ON c.title_id = t.id
    WHERE m.status = 'unidentified' AND ${matching} GROUP BY t.id, t.name, t.source)`;
}

export async function unidentifiedList(db: Database, search: string | undefined, page: Page<UnidentifiedOrderKey>) {
  const query = db.selectFrom(unidentifiedTitles(search).as("u")).selectAll();
  return applyKeyset(query, sql.ref(`u.${page.orderKey}`), sql.ref("u.software_title_id"), page, { nullable: false }).execute();
}

export async function unidentifiedCount(db: Database, search: string | undefined): Promise<number> {
  const row = await db
    .selectFrom(unidentifiedTitles(search).as("u"))
    .select(sql<number>`count(*)::integer`.as("count"))
    .executeTakeFirstOrThrow();
  return row.count;
}

export interface SubjectSoftware {
  subject_id: number;
  software_version_id: number;
  version: string;
  vendor: string;
  identity: SubjectIdentity;
}

export async function subjectSoftware(db: Database, subjectIds: number[]): Promise<Map<number, SubjectSoftware>> {
  const { rows } = await sql<SubjectSoftware>`
    SELECT m.id AS subject_id, s.id::integer AS software_version_id, s.version, s.vendor, m.identity
    FROM match_subjects m JOIN software s ON s.id = m.software_id WHERE m.id = ANY (${subjectIds}::integer[])`.execute(db);
  return new Map(rows.map((row) => [row.subject_id, row]));
}
