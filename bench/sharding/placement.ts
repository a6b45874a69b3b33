/**
 * Where a table lies once the fleet is on more than one primary (decision 0008).
 *
 * - `host`: split by the column `host_id` (of `hosts`: `id`), all of a host's rows on one shard;
 * - `reference`: a copy on every shard, written in one place;
 * - `coordinator`: on one node alone.
 */
export type Place = "host" | "reference" | "coordinator";

/** Every table of the schema. A new one is given its place here; a test compares this list with `schema.sql`. */
export const PLACES: Readonly<Record<string, Place>> = {
  activities: "coordinator",
  catalogue_state: "reference",
  collection_settings: "reference",
  enroll_secrets: "coordinator",
  host_deletions: "host",
  host_enrollments: "host",
  host_seen_times: "host",
  host_software: "host",
  host_software_history: "host",
  host_software_sources: "host",
  hosts: "host",
  label_counts: "coordinator",
  label_host_changes: "host",
  label_membership: "host",
  label_count_runs: "coordinator",
  label_software_counts: "coordinator",
  label_title_counts: "coordinator",
  labels: "reference",
  login_limits: "coordinator",
  migrations: "coordinator",
  operating_systems: "reference",
  server_settings: "coordinator",
  sessions: "coordinator",
  software: "reference",
  software_aliases: "coordinator",
  software_count_changes: "host",
  software_counts: "coordinator",
  software_daily_counts: "coordinator",
  software_facts: "reference",
  software_names: "coordinator",
  software_title_counts: "coordinator",
  software_title_openings: "coordinator",
  software_titles: "reference",
  title_corrections: "coordinator",
  title_splits: "coordinator",
  users: "coordinator",
  feed_directory_problems: "coordinator",
  feed_import_chunks: "coordinator",
  feed_imports: "coordinator",
  feed_parts: "coordinator",
  feed_records: "coordinator",
  affected_packages: "coordinator",
  vulnerability_aliases: "coordinator",
  epss_scores: "coordinator",
  life_cycles: "coordinator",
  match_queue: "coordinator",
  merge_queue: "coordinator",
  match_rescans: "coordinator",
  subject_changes: "coordinator",
  os_scopes: "reference",
  match_subjects: "reference",
  subject_keys: "coordinator",
  vulnerabilities: "coordinator",
  findings: "reference",
  vulnerability_decisions: "coordinator",
  vex_documents: "coordinator",
  vex_statements: "coordinator",
  finding_vex_statements: "coordinator",
  fix_times: "coordinator",
  fix_time_days: "coordinator",
  fix_time_days_counted: "coordinator",
  fix_queue: "coordinator",
  fix_findings: "coordinator",
  fix_queue_changes: "coordinator",
  fix_subjects: "coordinator",
  label_fixes: "coordinator",
  label_fix_counts: "coordinator",
  label_member_changes: "coordinator",
  notification_told: "coordinator",
  finding_events: "coordinator",
  notification_rules: "coordinator",
  notification_items: "coordinator",
  notification_deliveries: "coordinator",
  suppressions: "reference",
  closed_findings: "coordinator",
  vulnerability_exposures: "coordinator",
  label_exposures: "coordinator",
  label_exposure_counts: "coordinator",
  exposure_queue: "coordinator",
  software_exposures: "coordinator",
  exposure_days: "coordinator",
  closed_exposures: "coordinator",
  product_corrections: "coordinator",
};

/** What a shard cannot keep as it is. */
export interface Obstacle {
  table: string;
  what:
    | "no host_id"
    | "unique without host_id"
    | "key to a table elsewhere"
    | "host_id of another type"
    | "trigger"
    | "local partitions";
  /** The constraint, index, column or trigger. */
  name: string;
}

/**
 * Reads a schema as `npm run generate` writes it and names all that stands against the places: a table split by host needs `host_id` in each
 * unique constraint, in one type, and keys only to tables of the same host or to copies; copies cannot have triggers (Citus refuses them).
 *
 * @throws {Error} when a table has no place, or a place no table
 */
export function obstaclesIn(schema: string, places: Readonly<Record<string, Place>> = PLACES): Obstacle[] {
  const tables = new Map(
    [...schema.matchAll(/^CREATE TABLE (\w+) \((.*?)^\)([^;]*);?/gms)].map(([, name = "", body = "", end = ""]) => [
      name,
      { body, end },
    ]),
  );
  const unplaced = [...tables.keys()].filter((name) => places[name] === undefined);
  if (unplaced.length > 0) throw new Error(`bench/sharding/placement.ts says no place for ${unplaced.join(", ")}`);
  const gone = Object.keys(places).filter((name) => !tables.has(name));
  if (gone.length > 0) throw new Error(`bench/sharding/placement.ts places ${gone.join(", ")}, which the schema does not have`);
  return [...tables].flatMap(([table, { body, end }]) => {
    if (places[table] === "reference") return triggersOf(schema, table);
    if (places[table] !== "host") return [];
    return [
      ...ofHost(table, body, places),
      ...uniqueIndexes(schema, table),
      ...triggersOf(schema, table),
      ...partitions(table, end),
    ];
  });
}

function ofHost(table: string, body: string, places: Readonly<Record<string, Place>>): Obstacle[] {
  const key = table === "hosts" ? "id" : "host_id";
  const type = new RegExp(`^  ${key} (\\w+)`, "m").exec(body)?.[1];
  const obstacles: Obstacle[] = [];
  if (type === undefined) obstacles.push({ table, what: "no host_id", name: key });
  else if (type !== HOST_ID_TYPE) obstacles.push({ table, what: "host_id of another type", name: `${key} ${type}` });
  for (const [, name = "", columns = ""] of body.matchAll(/CONSTRAINT (\w+) (?:PRIMARY KEY|UNIQUE) \(([^)]*)\)/g)) {
    if (!columns.split(", ").includes(key)) obstacles.push({ table, what: "unique without host_id", name });
  }
  for (const [, name = "", columns = "", to = ""] of body.matchAll(
    /CONSTRAINT (\w+) FOREIGN KEY \(([^)]*)\) REFERENCES (\w+)/g,
  )) {
    const isWithinHost = places[to] === "host" && columns.split(", ").includes(key);
    if (places[to] !== "reference" && !isWithinHost) obstacles.push({ table, what: "key to a table elsewhere", name });
  }
  return obstacles;
}

/** The type that the widest table has: the others are smaller, and copied anyway when they are split. */
const HOST_ID_TYPE = "integer";

function uniqueIndexes(schema: string, table: string): Obstacle[] {
  const found = schema.matchAll(new RegExp(`^CREATE UNIQUE INDEX (\\w+) ON (?:ONLY )?public\\.${table} USING \\w+ (.*);$`, "gm"));
  return [...found].flatMap(([, name = "", columns = ""]) =>
    /\bhost_id\b/.test(columns) ? [] : [{ table, what: "unique without host_id" as const, name }],
  );
}

function triggersOf(schema: string, table: string): Obstacle[] {
  const found = schema.matchAll(new RegExp(`^CREATE TRIGGER (\\w+) [^;]* ON public\\.${table} `, "gm"));
  return [...found].map(([, name = ""]) => ({ table, what: "trigger" as const, name }));
}

function partitions(table: string, end: string): Obstacle[] {
  const [, by] = /PARTITION BY (.*?) --/.exec(end) ?? [];
  return by === undefined ? [] : [{ table, what: "local partitions", name: by }];
}
