import { sql } from "kysely";
import type { Database } from "#server/database/tables.ts";

/** A file or folder of the configured directory that cannot be read. */
export interface DirectoryProblem {
  path: string;
  /** What is wrong and what to do about it. */
  error: string;
}

const PROBLEMS_MAX = 100;

/** Everything that was wrong when the directory was looked at last. */
export async function directoryProblems(db: Database): Promise<(DirectoryProblem & { found_at: Date })[]> {
  return await db.selectFrom("feed_directory_problems").selectAll().orderBy("path").execute();
}

/** Puts these in the place of those that are noted. Writes nothing when they are the same, as they are every few seconds. */
export async function directoryProblemsPut(db: Database, problems: readonly DirectoryProblem[]): Promise<void> {
  const shown = new Map(problems.slice(0, PROBLEMS_MAX).map(({ path, error }) => [path, error]));
  const known = await directoryProblems(db);
  if (known.length === shown.size && known.every(({ path, error }) => shown.get(path) === error)) return;
  const json = JSON.stringify([...shown].map(([path, error]) => ({ path, error })));
  await sql`
    WITH given AS (SELECT path, error FROM json_to_recordset(${json}::json) AS g(path text, error text)),
    gone AS (DELETE FROM feed_directory_problems p WHERE NOT EXISTS (SELECT FROM given g WHERE g.path = p.path))
    INSERT INTO feed_directory_problems AS p (path, error) SELECT path, error FROM given
    ON CONFLICT (path) DO UPDATE SET error = excluded.error, found_at = now() WHERE p.error <> excluded.error`.execute(db);
}
