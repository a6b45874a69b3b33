import { sql } from "kysely";
import type { CollectionSettings } from "#domain/collection/merge-settings.ts";
import type { Database } from "../database/tables.ts";

export interface CollectionLayer {
  /** null: the fleet's. */
  label_id: number | null;
  label_name: string | null;
  settings: CollectionSettings;
}

/** All layers in the order of their rank, the fleet's last. */
export async function collectionLayers(db: Database): Promise<CollectionLayer[]> {
  const rows = await db
    .selectFrom("collection_settings as c")
    .leftJoin("labels as l", "l.id", "c.label_id")
    .select(["c.label_id", "l.name as label_name", "c.settings"])
    .orderBy(sql`c.label_id is null`)
    .orderBy("c.place")
    .execute();
  return rows.map((row) => ({ ...row, settings: row.settings as CollectionSettings }));
}

/** The layers that concern one host: two index reads; none at all is the usual case and costs one. */
export async function hostCollectionLayers(db: Database, hostId: number): Promise<CollectionSettings[]> {
  const rows = await db
    .selectFrom("collection_settings as c")
    .where((eb) =>
      eb.or([
        eb("c.label_id", "is", null),
        eb.exists(
          eb
            .selectFrom("label_membership as m")
            .whereRef("m.label_id", "=", "c.label_id")
            .where("m.host_id", "=", hostId)
            .select("m.host_id"),
        ),
      ]),
    )
    .select("c.settings")
    .orderBy(sql`c.label_id is null`)
    .orderBy("c.place")
    .execute();
  return rows.map((row) => row.settings as CollectionSettings);
}

/** Replaces all layers. */
export async function collectionReplaceInTx(
  tx: Database,
  layers: { label_id: number | null; settings: CollectionSettings }[],
): Promise<void> {
  await sql`LOCK TABLE collection_settings IN SHARE ROW EXCLUSIVE MODE`.execute(tx);
  await tx.deleteFrom("collection_settings").execute();
  if (layers.length === 0) return;
  await tx
    .insertInto("collection_settings")
    .values(layers.map(({ label_id, settings }, place) => ({ label_id, place, settings: JSON.stringify(settings) })))
    .execute();
}

/** Which of these labels exist. */
export async function knownLabelIds(tx: Database, ids: number[]): Promise<Set<number>> {
  if (ids.length === 0) return new Set();
  const rows = await tx.selectFrom("labels").where("id", "in", ids).select("id").forKeyShare().execute();
  return new Set(rows.map((row) => row.id));
}
