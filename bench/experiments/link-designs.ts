import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { startDatabase } from "../system/database.ts";
import { seeded } from "../fleet/random.ts";

/**
 * Ways to store which host holds which software, side by side in one database: what inserting a host's links costs, what reading them
 * costs, and how many bytes a link takes; the figures of decision 0007 are from here.
 */

/** Links of a host, and software in all: what an average Linux server holds of a catalogue that other hosts share. */
const LINKS = 600;
const CATALOGUE = 40_000;
const ROUNDS = 3;

interface Design {
  name: string;
  /** Creates table `links`. */
  create: string;
  /** Inserts one host: $1 host, $2 software ids, $3 facts ids, $4 the same as JSON records. */
  insert: string;
  json?: true;
  /** Reads one host's software ids. */
  read?: string;
}

const COLUMNS = (id: string): string => `host_id ${id} NOT NULL, software_id ${id} NOT NULL, facts_id ${id},
  last_opened_at timestamptz, created_at timestamptz NOT NULL DEFAULT now(), installed_paths text[], signature_information json,
  installed_by text, PRIMARY KEY (host_id, software_id)`;
const NARROW = `created_at timestamptz NOT NULL DEFAULT now(), last_opened_at timestamptz, host_id int4 NOT NULL,
  software_id int4 NOT NULL, facts_id int4, installed_paths text[], signature_information json, installed_by text,
  PRIMARY KEY (host_id, software_id)`;
const REVERSE = "CREATE INDEX ON links (software_id, host_id)";
const plain = (columns: string): string => `CREATE TABLE links (${columns}); ${REVERSE}`;
const hashed = (columns: string): string => `CREATE TABLE links (${columns}) PARTITION BY HASH (host_id);
  ${Array.from({ length: 16 }, (_, i) => `CREATE TABLE links_${i} PARTITION OF links FOR VALUES WITH (MODULUS 16, REMAINDER ${i})`).join(";")}; ${REVERSE}`;

const RECORDS =
  "json_to_recordset($4::json) AS r(software_id bigint, facts_id bigint, opened double precision, since timestamptz, paths text[])";
const UNNEST = "unnest($2::int4[], $3::int4[]) AS r(software_id, facts_id)";
const INTO = "INSERT INTO links (host_id, software_id, facts_id)";

const DESIGNS: Design[] = [
  {
    name: "bigint, 16 partitions, JSON, join",
    create: hashed(COLUMNS("int8")),
    json: true,
    insert: `${INTO} SELECT $1, r.software_id, r.facts_id FROM ${RECORDS} JOIN catalogue c ON c.id = r.software_id`,
  },
  {
    name: "bigint, 16 partitions, arrays, join",
    create: hashed(COLUMNS("int8")),
    insert: `${INTO} SELECT $1, r.software_id, r.facts_id FROM ${UNNEST} JOIN catalogue c ON c.id = r.software_id`,
  },
  {
    name: "bigint, 16 partitions, arrays, no join",
    create: hashed(COLUMNS("int8")),
    insert: `${INTO} SELECT $1, r.software_id, r.facts_id FROM ${UNNEST}`,
  },
  {
    name: "int4, 16 partitions, JSON, join",
    create: hashed(NARROW),
    json: true,
    insert: `${INTO} SELECT $1, r.software_id, r.facts_id FROM ${RECORDS} JOIN catalogue c ON c.id = r.software_id`,
  },
  {
    name: "int4, 16 partitions, arrays, join",
    create: hashed(NARROW),
    insert: `${INTO} SELECT $1, r.software_id, r.facts_id FROM ${UNNEST} JOIN catalogue c ON c.id = r.software_id`,
  },
  {
    name: "int4, one table, arrays, join",
    create: plain(NARROW),
    insert: `${INTO} SELECT $1, r.software_id, r.facts_id FROM ${UNNEST} JOIN catalogue c ON c.id = r.software_id`,
  },
  {
    name: "int4, 16 partitions, arrays, no reverse index",
    create: hashed(NARROW).replace(REVERSE, ""),
    insert: `${INTO} SELECT $1, r.software_id, r.facts_id FROM ${UNNEST}`,
  },
  {
    name: "arrays of ids, one row a source (9 a host), GIN",
    create:
      "CREATE TABLE links (host_id int4 NOT NULL, source int2 NOT NULL, software_ids int4[] NOT NULL, PRIMARY KEY (host_id, source)); CREATE INDEX ON links USING gin (software_ids)",
    insert:
      "INSERT INTO links SELECT $1, i % 9, array_agg(software_id) FROM unnest($2::int4[], $3::int4[]) WITH ORDINALITY AS r(software_id, facts_id, i) GROUP BY 2",
    read: "SELECT unnest(software_ids) AS software_id FROM links WHERE host_id = $1",
  },
];

interface Figures {
  insertMs: number;
  readMs: number;
  bytes: number;
  indexBytes: number;
}

/** `npm run bench -- link-designs [hosts]`. */
export async function linkDesigns(argv: string[]): Promise<void> {
  const hosts = Number(argv[0] ?? 300);
  const directory = await mkdtemp(join(tmpdir(), "muster-links-"));
  const database = await startDatabase(directory, false);
  const client = new Client({ connectionString: database.url });
  try {
    await client.connect();
    await client.query("SET jit = off; CREATE TABLE catalogue (id int8 PRIMARY KEY)");
    await client.query("INSERT INTO catalogue SELECT generate_series(1, $1::int)", [CATALOGUE]);
    const best = new Map<string, Figures>();
    for (let round = 0; round < ROUNDS; round++)
      for (const design of DESIGNS) keepBest(best, design.name, await tryDesign(client, design, hosts));
    for (const [name, f] of best) {
      console.log(
        `${name.padEnd(50)} insert ${f.insertMs.toFixed(2)} ms, read ${f.readMs.toFixed(2)} ms of CPU a host; ${f.bytes.toFixed(0)} bytes a link, ${f.indexBytes.toFixed(0)} of them indexes`,
      );
    }
  } finally {
    await client.end();
    await database.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** The least of several rounds: other programs only ever make a figure worse. */
function keepBest(best: Map<string, Figures>, name: string, now: Figures): void {
  const known = best.get(name) ?? now;
  best.set(name, { ...now, insertMs: Math.min(known.insertMs, now.insertMs), readMs: Math.min(known.readMs, now.readMs) });
}

async function tryDesign(client: Client, design: Design, hosts: number): Promise<Figures> {
  await client.query(`DROP TABLE IF EXISTS links; ${design.create}`);
  const before = await cpuMs(client);
  for (let host = 1; host <= hosts; host++) {
    const ids = idsOf(host);
    const facts = ids.map((id) => id + 7);
    const json = JSON.stringify(
      ids.map((id, i) => ({ software_id: id, facts_id: facts[i], opened: null, since: null, paths: null })),
    );
    const values: unknown[] = design.json === true ? [host, json] : [host, ids, facts];
    const text = design.json === true ? design.insert.replace("$4", "$2") : design.insert;
    await client.query({ name: `insert ${design.name}`, text, values });
  }
  const inserted = await cpuMs(client);
  const read = design.read ?? "SELECT software_id FROM links WHERE host_id = $1";
  for (let host = 1; host <= hosts; host++) {
    const { rowCount } = await client.query({ text: read, values: [host] });
    if (rowCount !== LINKS) throw new Error(`${design.name}: host ${host} holds ${rowCount} links, not ${LINKS}`);
  }
  const done = await cpuMs(client);
  const { rows } = await client.query<{ total: string; index: string }>(`
    SELECT sum(pg_total_relation_size(c.oid)) AS total, sum(pg_indexes_size(c.oid)) AS index FROM pg_class c
    WHERE c.relname ~ '^links(_[0-9]+)?$' AND c.relkind = 'r'`);
  const links = hosts * LINKS;
  return {
    insertMs: (inserted - before) / hosts,
    readMs: (done - inserted) / hosts,
    bytes: Number(rows[0]?.total) / links,
    indexBytes: Number(rows[0]?.index) / links,
  };
}

/** CPU milliseconds of the connection's own server process so far: unlike the clock, other programs hardly move it. */
async function cpuMs(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  const fields = readFileSync(`/proc/${rows[0]?.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Half of what a host holds is on nearly every host, half on some. */
function idsOf(host: number): number[] {
  const ids = new Set<number>();
  for (let i = 0; ids.size < LINKS; i++) ids.add((i % 2 === 0 ? seeded(1, i) % 2000 : seeded(host, i) % CATALOGUE) + 1);
  return [...ids].slice(0, LINKS);
}
