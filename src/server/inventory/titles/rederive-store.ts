import { sql } from "kysely";
import type { SoftwareIdentity } from "#domain/software/software.ts";
import type { Database } from "../../database/tables.ts";

export interface OutdatedSoftware extends SoftwareIdentity {
  id: number;
  title_id: number;
  checksum: Buffer;
  derivation_version: number;
}

/** Software that was named and titled by rules older than `version`, in the order of its insertion. */
export async function outdatedSoftware(db: Database, version: number, limit: number): Promise<OutdatedSoftware[]> {
  return db
    .selectFrom("software")
    .select(["id", "title_id", "checksum", "derivation_version"])
    .select(["name", "version", "source", "bundle_identifier", "release", "vendor", "arch"])
    .select(["extension_id", "extension_for", "application_id", "upgrade_code"])
    .where("derivation_version", "<", sql.lit(version)) // a literal, for the partial index of this version
    .orderBy("id")
    .limit(limit)
    .execute();
}

export async function softwareDerivedSetInTx(tx: Database, ids: number[], version: number): Promise<void> {
  await tx.updateTable("software").set({ derivation_version: version }).where("id", "in", ids).execute();
}

/** Gives software new identities in place: it keeps its id, and with it its links, history and everything else that names it. */
export async function softwareRekeyInTx(
  tx: Database,
  rows: { id: number; former: Buffer; checksum: Buffer; identity: SoftwareIdentity }[],
): Promise<void> {
  const records = JSON.stringify(rows.map((r) => ({ ...r.identity, id: r.id, checksum: r.checksum.toString("hex") })));
  await sql`
    UPDATE software s SET checksum = decode(r.checksum, 'hex'), name = r.name, version = r.version, source = r.source,
      bundle_identifier = r.bundle_identifier, release = r.release, vendor = r.vendor, arch = r.arch, extension_id = r.extension_id,
      extension_for = r.extension_for, application_id = r.application_id, upgrade_code = r.upgrade_code
    FROM json_to_recordset(${records}::json) AS r(id bigint, checksum text, name text, version text, source text,
      bundle_identifier text, release text, vendor text, arch text, extension_id text, extension_for text, application_id text,
      upgrade_code text)
    WHERE s.id = r.id`.execute(tx);
  await aliasesSetInTx(
    tx,
    rows.map((r) => ({ software_id: r.id, checksum: r.former })),
  );
}

/** Reports that still use these keys mean this software. A key that is in use now needs no alias. */
async function aliasesSetInTx(tx: Database, aliases: { software_id: number; checksum: Buffer }[]): Promise<void> {
  await sql`
    INSERT INTO software_aliases (checksum, software_id)
    SELECT * FROM unnest(${aliases.map((a) => a.checksum)}::bytea[], ${aliases.map((a) => a.software_id)}::bigint[])
    ON CONFLICT (checksum) DO UPDATE SET software_id = EXCLUDED.software_id`.execute(tx);
}

/**
 * Makes rows whose new identity another row has already that row's former selves: their keys and facts become its own. Their links are
 * moved afterwards, host by host.
 *
 * @param rows `retired`: a key that no software can derive
 */
export async function softwareSupersedeInTx(
  tx: Database,
  rows: { id: number; by: number; former: Buffer; retired: Buffer }[],
): Promise<void> {
  const [ids, by] = [rows.map((r) => r.id), rows.map((r) => r.by)];
  await sql`
    UPDATE software s SET superseded_by = r.by, checksum = r.retired
    FROM unnest(${ids}::bigint[], ${by}::bigint[], ${rows.map((r) => r.retired)}::bytea[]) AS r(id, by, retired)
    WHERE s.id = r.id`.execute(tx);
  await sql`
    UPDATE software_aliases a SET software_id = r.by
    FROM unnest(${ids}::bigint[], ${by}::bigint[]) AS r(id, by) WHERE a.software_id = r.id`.execute(tx);
  await sql`UPDATE software SET superseded_by = r.by FROM unnest(${ids}::bigint[], ${by}::bigint[]) AS r(id, by)
    WHERE software.superseded_by = r.id`.execute(tx);
  await aliasesSetInTx(
    tx,
    rows.map((r) => ({ software_id: r.by, checksum: r.former })),
  );
  await sql`
    INSERT INTO software_facts (software_id, checksum, source_package, source_version, epoch, origin)
    SELECT r.by, f.checksum, f.source_package, f.source_version, f.epoch, f.origin
    FROM unnest(${ids}::bigint[], ${by}::bigint[]) AS r(id, by) JOIN software_facts f ON f.software_id = r.id
    ON CONFLICT (software_id, checksum) DO NOTHING`.execute(tx);
}

/**
 * What an administrator said of titles that software derives no more holds for the title that it derives now: its name, its splits, and
 * what it was merged into. The former title leads on to the present one.
 */
export async function titlesSucceedInTx(tx: Database, succession: { from: number; to: number }[]): Promise<void> {
  const pairs = pairsOf(succession);
  await sql`
    UPDATE software_titles t SET name = g.name, derived_name = t.name
    FROM (SELECT DISTINCT ON (r.now) r.now, o.name FROM ${pairs} JOIN software_titles o ON o.id = r.former
      WHERE o.derived_name IS NOT NULL ORDER BY r.now, o.id) g
    WHERE t.id = g.now AND t.derived_name IS NULL`.execute(tx);
  await sql`
    UPDATE software_titles t SET merged_into = g.merged_into
    FROM (SELECT DISTINCT ON (r.now) r.now, o.merged_into FROM ${pairs} JOIN software_titles o ON o.id = r.former
      WHERE o.merged_into IS NOT NULL AND o.merged_into <> r.now ORDER BY r.now, o.id) g
    WHERE t.id = g.now AND t.merged_into IS NULL`.execute(tx);
  await sql`
    UPDATE title_corrections c SET title_ids = c.title_ids || r.now FROM ${pairs}
    WHERE r.former = ANY (c.title_ids) AND NOT r.now = ANY (c.title_ids)`.execute(tx);
  await sql`UPDATE title_splits x SET title_id = r.now FROM ${pairs} WHERE x.title_id = r.former`.execute(tx);
  await titlesLeadOnInTx(tx, succession);
}

/** Former titles lead on to the ones that took their place; an administrator's merge leads where it led. */
export async function titlesLeadOnInTx(tx: Database, succession: { from: number; to: number }[]): Promise<void> {
  await sql`
    UPDATE software_titles t SET merged_into = r.now FROM ${pairsOf(succession)}
    WHERE t.id = r.former AND t.merged_into IS NULL`.execute(tx);
}

function pairsOf(succession: { from: number; to: number }[]) {
  const [from, to] = [succession.map((s) => s.from), succession.map((s) => s.to)];
  return sql`unnest(${from}::bigint[], ${to}::bigint[]) AS r(former, now)`;
}

/** Those of these titles that nothing belongs to any more and no correction names. */
export async function titlesEmptyUncorrected(db: Database, ids: number[]): Promise<Set<number>> {
  const { rows } = await sql<{ id: number }>`
    SELECT t.id FROM software_titles t
    WHERE t.id = ANY (${ids}::bigint[]) AND NOT EXISTS (SELECT 1 FROM software s WHERE s.title_id = t.id)
      AND NOT EXISTS (SELECT 1 FROM title_corrections c WHERE c.undone_at IS NULL AND t.id = ANY (c.title_ids))`.execute(db);
  return new Set(rows.map((row) => row.id));
}

/** Superseded software that still has links or history, with its successor. */
export async function supersededSoftware(db: Database): Promise<{ id: number; by: number } | undefined> {
  const { rows } = await sql<{ id: number; by: number }>`
    SELECT s.id, s.superseded_by AS by FROM software s WHERE s.superseded_by IS NOT NULL
      AND (EXISTS (SELECT 1 FROM host_software hs WHERE hs.software_id = s.id)
        OR EXISTS (SELECT 1 FROM host_software_history hh WHERE hh.software_id = s.id))
    ORDER BY s.id LIMIT 1`.execute(db);
  return rows[0];
}

/** Hosts with a link or history of this software. */
export async function hostsOfSuperseded(db: Database, id: number, limit: number): Promise<number[]> {
  const { rows } = await sql<{ host_id: number }>`
    (SELECT host_id FROM host_software WHERE software_id = ${id} ORDER BY host_id LIMIT ${limit})
    UNION
    (SELECT host_id FROM host_software_history WHERE software_id = ${id} LIMIT ${limit})
    ORDER BY host_id LIMIT ${limit}`.execute(db);
  return rows.map((row) => row.host_id);
}

/**
 * Moves these hosts' links and history from superseded software to its successor. A host that holds both keeps one link: first seen at the
 * earlier time, last opened at the later, with all paths. Returns the hosts that held it, and whether they held both.
 */
export async function supersededMoveInTx(
  tx: Database,
  { id, by }: { id: number; by: number },
  hostIds: number[],
): Promise<{ host_id: number; united: boolean }[]> {
  const { rows } = await sql<{ host_id: number; united: boolean }>`
    WITH gone AS (
      DELETE FROM host_software WHERE software_id = ${id} AND host_id = ANY (${hostIds}::bigint[]) RETURNING *
    ), held AS (
      SELECT host_id FROM host_software WHERE software_id = ${by} AND host_id = ANY (${hostIds}::bigint[])
    ), moved AS (
    INSERT INTO host_software AS k (host_id, software_id, facts_id, last_opened_at, created_at, installed_paths, signature_information,
      installed_by)
    SELECT g.host_id, ${by}, (SELECT n.id FROM software_facts o JOIN software_facts n ON n.software_id = ${by} AND n.checksum = o.checksum
        WHERE o.id = g.facts_id), g.last_opened_at, g.created_at, g.installed_paths, g.signature_information, g.installed_by
    FROM gone g
    ON CONFLICT (host_id, software_id) DO UPDATE SET
      created_at = least(k.created_at, EXCLUDED.created_at),
      last_opened_at = greatest(k.last_opened_at, EXCLUDED.last_opened_at),
      installed_paths = (SELECT array_agg(DISTINCT p ORDER BY p) FROM unnest(k.installed_paths || EXCLUDED.installed_paths) p),
      signature_information = coalesce(k.signature_information, EXCLUDED.signature_information),
      installed_by = coalesce(k.installed_by, EXCLUDED.installed_by)
    )
    SELECT g.host_id, h.host_id IS NOT NULL AS united FROM gone g LEFT JOIN held h ON h.host_id = g.host_id`.execute(tx);
  await sql`
    UPDATE host_software_history
    SET software_id = CASE WHEN software_id = ${id} THEN ${by} ELSE software_id END,
      next_software_id = CASE WHEN next_software_id = ${id} THEN ${by} ELSE next_software_id END
    WHERE host_id = ANY (${hostIds}::bigint[]) AND (software_id = ${id} OR next_software_id = ${id})`.execute(tx);
  return rows;
}

export async function hostsAdvanceInTx(tx: Database, moved: { host_id: number; united: boolean }[]): Promise<void> {
  await sql`
    UPDATE hosts h SET software_sequence = software_sequence + 1, software_count = software_count - r.united::integer
    FROM unnest(${moved.map((m) => m.host_id)}::bigint[], ${moved.map((m) => m.united)}::boolean[]) AS r(id, united)
    WHERE h.id = r.id`.execute(tx);
}
