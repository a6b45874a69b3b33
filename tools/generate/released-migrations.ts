import { readFile } from "node:fs/promises";
import { readMigrations } from "#server/database/migrate.ts";

/** What is done about migrations that released.txt does not have yet. */
export type Unreleased = "refuse" | "leave" | "add";

/**
 * src/server/database/migrations/released.txt: every migration that is released with its SHA-256, in `sha256sum`'s form. A line, once
 * there, stays: a migration that databases may have applied never changes, and a new one comes after all others. A migration that is still
 * being written has no line, since with one it could not be edited any more; so lines are added on request only.
 *
 * @throws when a listed migration was changed, removed, or overtaken by a lower number; with "refuse" when one is not listed
 */
export async function releasedMigrations(path: string, unreleased: Unreleased): Promise<string> {
  const migrations = await readMigrations();
  const listed = await readFile(path, "utf8").catch(() => "");
  const lines = listed.split("\n").filter((line) => line !== "");
  for (const [index, line] of lines.entries()) {
    const [checksum, name] = line.split("  ");
    if (migrations[index]?.name !== name || migrations[index]?.checksum !== checksum) {
      throw new Error(
        `${name} was changed, removed or preceded, but databases may have applied it: restore it and add a migration`,
      );
    }
  }
  const others = migrations.slice(lines.length).map(({ name }) => name);
  if (unreleased === "refuse" && others.length > 0) {
    throw new Error(`not in released.txt: ${others.join(", ")}; run \`npm run generate -- --release\` when they are done`);
  }
  if (unreleased === "leave") return listed;
  return migrations.map(({ checksum, name }) => `${checksum}  ${name}\n`).join("");
}
