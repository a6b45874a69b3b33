import { readFile } from "node:fs/promises";
import { readMigrations } from "#server/database/migrate.ts";

/**
 * src/server/database/migrations/released.txt: every migration with its SHA-256, in `sha256sum`'s form. A line, once there, stays: a
 * migration that databases may have applied never changes, and a new one comes after all others.
 *
 * @throws when a listed migration was changed, removed, or overtaken by a lower number
 */
export async function releasedMigrations(path: string): Promise<string> {
  const migrations = await readMigrations();
  const listed = await readFile(path, "utf8").catch(() => "");
  for (const [index, line] of listed.split("\n").entries()) {
    const [checksum, name] = line.split("  ");
    if (line !== "" && (migrations[index]?.name !== name || migrations[index]?.checksum !== checksum)) {
      throw new Error(
        `${name} was changed, removed or preceded, but databases may have applied it: restore it and add a migration`,
      );
    }
  }
  return migrations.map(({ checksum, name }) => `${checksum}  ${name}\n`).join("");
}
