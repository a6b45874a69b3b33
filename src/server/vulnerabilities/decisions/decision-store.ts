import { sql, type Insertable, type Selectable } from "kysely";
import type { Database, Tables } from "../../database/tables.ts";
import { containsPattern } from "../../database/like-pattern.ts";
import { applyKeyset, type Page } from "../../http/paging.ts";

type DecisionsTable = Tables["vulnerability_decisions"];
export type DecisionRow = Selectable<DecisionsTable> & { cve: string; findings_count: number };

export interface DecisionFilter {
  cve?: string;
  active?: boolean;
  kind?: DecisionRow["kind"];
  software_title_id?: number;
  host_id?: number;
  label_id?: number;
  query?: string;
}
export const DECISION_ORDER_KEYS = ["id", "expires_at"] as const;
export type DecisionOrderKey = (typeof DECISION_ORDER_KEYS)[number];

function decisions(db: Database) {
  return db
    .selectFrom("vulnerability_decisions as d")
    .innerJoin("vulnerabilities as v", "v.id", "d.vulnerability_id")
    .selectAll("d")
    .select("v.cve")
    .select((eb) =>
      eb
        .selectFrom("suppressions as s")
        .whereRef("s.decision_id", "=", "d.id")
        .select(sql<number>`count(*)::integer`.as("n"))
        .$asScalar()
        .$notNull()
        .as("findings_count"),
    );
}

/** One decision; undefined when there is none. `lock`: held against other changes until the transaction ends. */
export async function decisionRead(db: Database, id: number, lock = false): Promise<DecisionRow | undefined> {
  const query = decisions(db).where("d.id", "=", id);
  return (lock ? query.forUpdate("d") : query).executeTakeFirst();
}

export async function decisionList(db: Database, filter: DecisionFilter, page: Page<DecisionOrderKey>) {
  const query = decisions(db).where((eb) => eb.and(conditions(filter)));
  return applyKeyset(query, sql.ref(`d.${page.orderKey}`), sql.ref("d.id"), page, { nullable: page.orderKey !== "id" }).execute();
}

export async function decisionCount(db: Database, filter: DecisionFilter): Promise<number> {
  const { count } = await db
    .selectFrom("vulnerability_decisions as d")
    .innerJoin("vulnerabilities as v", "v.id", "d.vulnerability_id")
    .where((eb) => eb.and(conditions(filter)))
    .select(sql<number>`count(*)::integer`.as("count"))
    .executeTakeFirstOrThrow();
  return count;
}

function conditions(filter: DecisionFilter) {
  const { cve, active, kind, software_title_id, host_id, label_id, query } = filter;
  const like = query === undefined || query === "" ? undefined : containsPattern(query);
  return [
    ...(cve === undefined ? [] : [sql<boolean>`v.cve = ${cve}`]),
    ...(active === undefined ? [] : [active ? sql<boolean>`d.ended_at IS NULL` : sql<boolean>`d.ended_at IS NOT NULL`]),
    ...(kind === undefined ? [] : [sql<boolean>`d.kind = ${kind}`]),
    ...(software_title_id === undefined ? [] : [sql<boolean>`d.software_title_id = ${software_title_id}`]),
    ...(host_id === undefined ? [] : [sql<boolean>`d.host_id = ${host_id}`]),
    ...(label_id === undefined ? [] : [sql<boolean>`d.label_id = ${label_id}`]),
    ...(like === undefined ? [] : [sql<boolean>`(d.reason ILIKE ${like} OR v.cve ILIKE ${like})`]),
  ];
}

export async function decisionInsert(tx: Database, row: Insertable<DecisionsTable>): Promise<number> {
  return (await tx.insertInto("vulnerability_decisions").values(row).returning("id").executeTakeFirstOrThrow()).id;
}

export interface Ending {
  id: number;
  reason: NonNullable<DecisionRow["ended_reason"]>;
  by: string | null;
  note: string | null;
}

/**
 * Ends decisions, takes back what they suppress, and has the exposures counted anew. What is open again though nobody said so just now is
 * told like a new finding.
 */
export async function decisionsEndInTx(tx: Database, endings: readonly Ending[], now: Date): Promise<void> {
  if (endings.length === 0) return;
  const ids = endings.map((ending) => ending.id);
  await sql`
    UPDATE vulnerability_decisions d SET ended_at = ${now}, ended_reason = e.reason, ended_by = e.by, ended_note = e.note
    FROM json_to_recordset(${JSON.stringify(endings)}::json) AS e (id integer, reason text, by text, note text)
    WHERE d.id = e.id AND d.ended_at IS NULL`.execute(tx);
  const unasked = endings.filter(({ reason }) => reason !== "revoked").map(({ id }) => id);
  await sql`
    WITH gone AS (
      DELETE FROM suppressions WHERE decision_id = ANY (${ids}::integer[]) RETURNING subject_id, vulnerability_id, decision_id
    ), told AS (
      INSERT INTO finding_events (subject_id, vulnerability_id)
      SELECT DISTINCT subject_id, vulnerability_id FROM gone WHERE decision_id = ANY (${unasked}::integer[])
    )
    INSERT INTO exposure_queue AS q (vulnerability_id) SELECT DISTINCT vulnerability_id FROM gone ORDER BY 1
    ON CONFLICT (vulnerability_id) DO UPDATE SET hosts_only = false`.execute(tx);
}

/** Decisions that hold, with what is so now: `after` pages through them by id. */
export async function decisionsToReview(db: Database, after: number, limit: number) {
  return db
    .selectFrom("vulnerability_decisions as d")
    .innerJoin("vulnerabilities as v", "v.id", "d.vulnerability_id")
    .where("d.ended_at", "is", null)
    .where("d.id", ">", after)
    .select([
      "d.id",
      "d.kind",
      "d.expires_at",
      "d.reopen_epss",
      "d.reopen_kev",
      "d.reopen_severity",
      "d.reopen_fix",
      "d.baseline",
    ])
    .select(["v.cve", "v.severity", "v.epss", sql<boolean>`v.kev IS NOT NULL`.as("kev")])
    .select(
      sql<boolean>`EXISTS (SELECT FROM suppressions s JOIN findings f USING (subject_id, vulnerability_id)
        WHERE s.decision_id = d.id AND f.resolved_in_version IS NOT NULL)`.as("fix_available"),
    )
    .orderBy("d.id")
    .limit(limit)
    .execute();
}

/** What the names of a scope are now; null for what does not exist. */
export async function scopeNames(
  db: Database,
  scope: {
    software_id: number | null;
    operating_system_id: number | null;
    software_title_id: number | null;
    host_id: number | null;
    label_id: number | null;
  },
): Promise<{ software: string | null; host: string | null; label: string | null }> {
  const { rows } = await sql<{ software: string | null; host: string | null; label: string | null }>`
    SELECT coalesce(
        (SELECT name || ' ' || version FROM software WHERE id = ${scope.software_id}),
        (SELECT name || ' ' || version FROM operating_systems WHERE id = ${scope.operating_system_id}),
        (SELECT name FROM software_titles WHERE id = ${scope.software_title_id})) AS software,
      (SELECT coalesce(nullif(computer_name, ''), nullif(hostname, ''), 'Device ' || id) FROM hosts WHERE id = ${scope.host_id}) AS host,
      (SELECT name FROM labels WHERE id = ${scope.label_id}) AS label`.execute(db);
  return rows[0] ?? { software: null, host: null, label: null };
}

/** The vulnerability as a decision looks at it; undefined when the fleet never had it. */
export async function vulnerabilityByCve(db: Database, cve: string) {
  return db
    .selectFrom("vulnerabilities")
    .where("cve", "=", cve)
    .select(["id", "cve", "severity", "epss", sql<boolean>`kev IS NOT NULL`.as("kev")])
    .executeTakeFirst();
}
