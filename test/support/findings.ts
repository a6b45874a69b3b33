import type { SoftwareEntry } from "#domain/software/software.ts";
import type { FindingState, Severity, SubjectIdentity } from "#domain/vulnerability/model.ts";
import type { Database } from "#server/database/tables.ts";
import { suppressFindings } from "#server/vulnerabilities/decisions/suppress-findings.ts";

/** A vulnerability as tests need it: with what judges it. */
export async function newVulnerability(
  db: Database,
  cve: string,
  facts: Partial<{ severity: Severity; cvss_score: number; epss: number; kev: boolean; aliases: string[] }> = {},
): Promise<number> {
  const { kev, ...rest } = facts;
  const { id } = await db
    .insertInto("vulnerabilities")
    .values({
      cve,
      cvss_score: null,
      epss: null,
      epss_percentile: null,
      cvss: "[]",
      references: "[]",
      kev: kev === true ? JSON.stringify({ date_added: "2026-01-01", ransomware: false, source: "CISA" }) : null,
      ...rest,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

/** The id of an OS scope, made when it is missing. */
export async function scopeId(db: Database, name: string): Promise<number> {
  const known = await db.selectFrom("os_scopes").where("name", "=", name).select("id").executeTakeFirst();
  if (known !== undefined) return known.id;
  const row = await db.insertInto("os_scopes").values({ name, family: "linux" }).returning("id").executeTakeFirstOrThrow();
  return row.id;
}

const IDENTITY: SubjectIdentity = { authority: "", status: "assessed", confidence: "exact", rule: "test", why: "", keys: [] };

/** The subject of software that a report brought; with the facts it has, on a kind of host. */
export async function newSubject(
  db: Database,
  entry: Pick<SoftwareEntry, "name" | "version">,
  scope = "",
  keys: SubjectIdentity["keys"] = [],
): Promise<number> {
  const { id: software_id } = await db
    .selectFrom("software")
    .where("name", "=", entry.name)
    .where("version", "=", entry.version)
    .select("id")
    .executeTakeFirstOrThrow();
  const facts = await db.selectFrom("software_facts").where("software_id", "=", software_id).select("id").executeTakeFirst();
  const values = { software_id, facts_id: facts?.id ?? 0, os_scope_id: await scopeId(db, scope), operating_system_id: null };
  const identity = JSON.stringify({ ...IDENTITY, keys });
  const row = await db
    .insertInto("match_subjects")
    .values({ ...values, identity })
    .returning("id")
    .executeTakeFirstOrThrow();
  return row.id;
}

/** Opens a finding as matching does: with its event, and suppressed if something says so. */
export async function openFinding(
  db: Database,
  subject_id: number,
  vulnerability_id: number,
  facts: { state?: FindingState; resolved_in_version?: string } = {},
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { state = "affected", resolved_in_version = null } = facts;
    const values = {
      subject_id,
      vulnerability_id,
      state,
      resolved_in_version,
      confidence: "exact",
      record_id: 1,
      range_index: 0,
    };
    await tx
      .insertInto("findings")
      .values({ ...values, suppressed: null })
      .execute();
    await tx.insertInto("finding_events").values({ subject_id, vulnerability_id }).execute();
    await suppressFindings(tx, [{ subject_id, vulnerability_id }]);
  });
}
