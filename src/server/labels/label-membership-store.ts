import { sql } from "kysely";
import type { Database } from "../database/tables.ts";
import { SESSIONS_CHANNEL } from "../devices/node-sessions.ts";
import { signalSql } from "../notify/signals.ts";

/** A host of a label. */
export interface LabelMember {
  host_id: number;
  label_id: number;
}

/**
 * Makes the memberships of these hosts in these labels exactly `members`, and keeps the counts: joins and leaves go to the ledger of
 * count changes (inventory/count-store.ts) in one statement, whatever their number. The caller holds the hosts' locks and the shared
 * sweep lock. Who joins is not counted in the label's software yet; the software of one who was counted is taken out as it leaves.
 *
 * @returns how many joined and how many left
 */
export async function membershipApplyInTx(
  tx: Database,
  hostIds: number[],
  labelIds: number[],
  members: LabelMember[],
): Promise<{ joined: number; left: number }> {
  if (hostIds.length === 0 || labelIds.length === 0) return { joined: 0, left: 0 };
  const { rows } = await sql<{ joined: number; left: number }>`
    WITH wanted AS (
      SELECT * FROM unnest(${members.map((m) => m.host_id)}::bigint[], ${members.map((m) => m.label_id)}::bigint[]) w (host_id, label_id)
    ), gone AS (
      DELETE FROM label_membership m
      WHERE m.host_id = ANY (${hostIds}::bigint[]) AND m.label_id = ANY (${labelIds}::bigint[])
        AND NOT EXISTS (SELECT FROM wanted w WHERE w.host_id = m.host_id AND w.label_id = m.label_id)
      RETURNING host_id, label_id, counted
    ), come AS (
      INSERT INTO label_membership (host_id, label_id) SELECT host_id, label_id FROM wanted
      ON CONFLICT DO NOTHING RETURNING host_id, label_id
    ), ledger AS (
      INSERT INTO software_count_changes (only_labels, labels_added, labels_removed, label_ids, software_removed, titles_removed)
      SELECT true, ARRAY(SELECT label_id FROM come), ARRAY(SELECT label_id FROM gone), '{}', '{}', '{}'
      WHERE EXISTS (SELECT FROM come) OR EXISTS (SELECT FROM gone)
      UNION ALL
      SELECT true, '{}', '{}', g.label_ids,
        ARRAY(SELECT hs.software_id FROM host_software hs WHERE hs.host_id = g.host_id),
        ARRAY(SELECT DISTINCT s.title_id FROM host_software hs JOIN software s ON s.id = hs.software_id WHERE hs.host_id = g.host_id)
      FROM (SELECT host_id, array_agg(label_id) AS label_ids FROM gone WHERE counted GROUP BY host_id) g
    ), collects AS (
      -- what these hosts collect is another: processes must not answer them from memory
      SELECT DISTINCT host_id FROM (SELECT host_id, label_id FROM come UNION ALL SELECT host_id, label_id FROM gone) moved
      WHERE label_id IN (SELECT label_id FROM collection_settings)
    )
    SELECT (SELECT count(${signalSql(SESSIONS_CHANNEL, sql`host_id::text`)}) FROM collects) AS signalled,
      (SELECT count(*) FROM come) AS joined, (SELECT count(*) FROM gone) AS left`.execute(tx);
  return rows[0] ?? { joined: 0, left: 0 };
}
