import { Client } from "pg";
import { DatabaseError, reasonOf } from "./database-error.ts";

const TIMEOUT_MS = 10_000;

/**
 * Finds out at start whether the replica can be read, so that a wrong address is not first noticed by whoever opens a list.
 *
 * @throws {DatabaseError} when it cannot be reached, or does not hold Muster's tables
 */
export async function checkReplica(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: TIMEOUT_MS });
  client.on("error", () => undefined); // the failing query says the same
  try {
    await client.connect();
    await client.query("SELECT 1 FROM migrations LIMIT 1");
  } catch (error) {
    throw new DatabaseError(`The replica cannot be read (${reasonOf(error)}); check DATABASE_REPLICA_URL, or unset it.`, error);
  } finally {
    await client.end().catch(() => undefined);
  }
}
