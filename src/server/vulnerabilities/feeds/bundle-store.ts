import { sql } from "kysely";
import type { FeedRecord } from "#domain/vulnerability/model.ts";
import type { Snapshot } from "#server/database/snapshot.ts";
import type { Database } from "#server/database/tables.ts";
import type { Feed } from "./feed.ts";

/** Everything that is loaded of a part, as JSON lines in batches: rows that the feed's parser would yield. */
export async function* bundleRows(snapshot: Snapshot, kind: Feed["kind"], partId: number): AsyncGenerator<string[]> {
  if (kind === "records") yield* jsonOf(snapshot.batches(recordQuery(snapshot.db, partId)));
  else if (kind === "scores") yield* jsonOf(snapshot.batches(snapshot.db.selectFrom("epss_scores").selectAll().orderBy("cve")));
  else yield* jsonOf(snapshot.batches(lifeCycleQuery(snapshot.db)));
}

async function* jsonOf<Row extends object>(batches: AsyncGenerator<Row[]>): AsyncGenerator<string[]> {
  for await (const rows of batches) yield rows.map((row) => JSON.stringify(row, leaveOutNulls));
}

/** Optional fields are absent in the model, not null; the two that may be null are named. */
function leaveOutNulls(key: string, value: unknown): unknown {
  return value === null && key !== "facts" && key !== "percentile" ? undefined : value;
}

function recordQuery(db: Database, partId: number) {
  return db
    .selectFrom("feed_records as r")
    .where("r.part_id", "=", partId)
    .select(["r.name", "r.vulnerabilities", "r.facts"])
    .select([
      sql<[string, string][] | null>`(SELECT json_agg(json_build_array(alias, vulnerability) ORDER BY alias, vulnerability)
        FROM vulnerability_aliases a WHERE a.record_id = r.id)`.as("aliases"),
      sql<FeedRecord["affected"]>`coalesce((
        SELECT json_agg(json_build_object('ecosystem', ecosystem, 'package', package, 'ranges', ranges) ORDER BY ecosystem, package)
        FROM affected_packages a WHERE a.record_id = r.id), '[]')`.as("affected"),
    ])
    .orderBy("r.name");
}

function lifeCycleQuery(db: Database) {
  return db
    .selectFrom("life_cycles")
    .select(["product", "cycle", "codename", "latest"])
    .select([
      sql<string | null>`released::text`.as("released"),
      sql`coalesce(to_json(end_of_life::text), to_json(ended))`.as("end_of_life"),
      sql<string | null>`extended_end::text`.as("extended_end"),
    ])
    .orderBy("product")
    .orderBy("cycle");
}
