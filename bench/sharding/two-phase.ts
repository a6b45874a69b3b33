import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { columns, figure } from "../report/columns.ts";
import { type BenchDatabase, startDatabase } from "../system/database.ts";
import { postgresCpu } from "../system/usage.ts";

const CONNECTIONS = 4;
const TRANSACTIONS = 500;

interface Node {
  database: BenchDatabase;
  clients: Client[];
}

interface Figures {
  perSecond: number;
  p50: number;
  p95: number;
  /** Of all nodes together. */
  cpuMs: number;
  logBytes: number;
}

/** One transaction of a connection; `own` is a row that no other connection touches, `name` of this transaction alone. */
type Transaction = (clients: Client[], own: number, name: string) => Promise<void>;

const UPDATE = "UPDATE counters SET n = n + 1 WHERE id = $1";

/** `npm run bench -- two-phase`: what a commit on two primaries costs, against one on one of them; the figures of decision 0008 are from here. */
export async function twoPhase(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "muster-two-phase-"));
  const nodes: Node[] = [];
  try {
    for (const name of ["a", "b"]) {
      // oxlint-disable-next-line no-await-in-loop -- one cluster after the other
      nodes.push(await startNode(join(directory, name)));
    }
    const rows: string[][] = [["", "per s", "p50 ms", "p95 ms", "CPU ms", "log bytes"]];
    for (const [name, transaction] of TRANSACTIONS_COMPARED) {
      // oxlint-disable-next-line no-await-in-loop -- one measurement after the other
      const { perSecond, p50, p95, cpuMs, logBytes } = await measureTransactions(nodes, transaction);
      rows.push([name, ...[perSecond, p50, p95, cpuMs, logBytes].map(figure)]);
    }
    console.log(columns(rows));
    console.log(`\na signal in a transaction of two phases: ${await signalRefused(nodes)}`);
  } finally {
    for (const { database, clients } of nodes) {
      // oxlint-disable-next-line no-await-in-loop -- each is stopped even when there is only one
      await Promise.all(clients.map((client) => client.end())).then(() => database.stop());
    }
    await rm(directory, { recursive: true, force: true });
  }
}

const TRANSACTIONS_COMPARED: [name: string, transaction: Transaction][] = [
  ["one row, one primary", async ([a], own) => void (await a?.query(UPDATE, [own]))],
  ["one row on each of two, in two phases", inTwoPhases],
];

/** Prepared on all, then committed on all, as a coordinator does it. */
async function inTwoPhases(clients: Client[], own: number, name: string): Promise<void> {
  const everywhere = async (text: string, values: unknown[] = []) =>
    Promise.all(clients.map((client) => client.query(text, values)));
  await everywhere("BEGIN");
  await everywhere(UPDATE, [own]);
  await everywhere(`PREPARE TRANSACTION '${name}'`);
  await everywhere(`COMMIT PREPARED '${name}'`);
}

async function startNode(directory: string): Promise<Node> {
  const database = await startDatabase(directory, false, { max_prepared_transactions: "100" });
  const clients = Array.from({ length: CONNECTIONS }, () => new Client({ connectionString: database.url }));
  await Promise.all(clients.map((client) => client.connect()));
  await database.query("CREATE TABLE counters (id int PRIMARY KEY, n int NOT NULL)");
  await database.query("INSERT INTO counters SELECT i, 0 FROM generate_series(0, $1::int) i", [CONNECTIONS]);
  return { database, clients };
}

async function measureTransactions(nodes: Node[], transaction: Transaction): Promise<Figures> {
  const spent = async () => {
    const logs = await Promise.all(nodes.map(({ database }) => database.walPosition()));
    return {
      cpu: nodes.reduce((sum, { database }) => sum + postgresCpu(database.postmasterPid), 0),
      log: logs.reduce((a, b) => a + b, 0),
    };
  };
  const times: number[] = [];
  const before = await spent();
  const started = performance.now();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, own) => {
      const clients = nodes.flatMap(({ clients: all }) => all[own] ?? []);
      for (let i = 0; i < TRANSACTIONS; i++) {
        const began = performance.now();
        // oxlint-disable-next-line no-await-in-loop -- one transaction after the other on each connection
        await transaction(clients, own, `bench-${own}-${i}`);
        times.push(performance.now() - began);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  const after = await spent();
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
  return {
    perSecond: times.length / seconds,
    p50: at(0.5),
    p95: at(0.95),
    cpuMs: ((after.cpu - before.cpu) * 1000) / times.length,
    logBytes: (after.log - before.log) / times.length,
  };
}

/** What PostgreSQL says when a transaction that signals is to be prepared. */
async function signalRefused(nodes: Node[]): Promise<string> {
  const [client] = nodes[0]?.clients ?? [];
  if (client === undefined) throw new Error("no connection");
  await client.query("BEGIN");
  await client.query("SELECT pg_notify('muster', 'x')");
  const refused = await client.query("PREPARE TRANSACTION 'signal'").then(
    () => "accepted",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  await client.query("ROLLBACK");
  return refused;
}
