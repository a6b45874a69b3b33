/**
 * `npm run generate`: writes the files that are made from code. With `--check` (in `npm test`) it writes nothing and fails when one
 * of them is not what it would write. With `--release` it notes new migrations as released, besides: nobody edits them from then on.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cliReference } from "#cli/reference.ts";
import { VERSION } from "#domain/core/version.ts";
import { ENDPOINTS } from "#protocol/rest/endpoints.ts";
import { openApiDocument } from "#server/http/openapi.ts";
import { configurationReference } from "./generate/configuration.ts";
import { releasedMigrations } from "./generate/released-migrations.ts";
import { schemaOfMigrations } from "./generate/schema.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const check = process.argv.includes("--check");
const release = process.argv.includes("--release");
const unreleased = check ? "refuse" : release ? "add" : "leave";

const RELEASED = "src/server/database/migrations/released.txt";

const GENERATED: Record<string, () => string | Promise<string>> = {
  "docs/reference/configuration.md": configurationReference,
  "docs/reference/cli.md": cliReference,
  "openapi/muster.json": () => `${JSON.stringify(openApiDocument(ENDPOINTS, VERSION), null, 2)}\n`,
  "src/server/database/schema.sql": schemaOfMigrations,
  [RELEASED]: () => releasedMigrations(join(ROOT, RELEASED), unreleased),
};

for (const [name, make] of Object.entries(GENERATED)) {
  const path = join(ROOT, name);
  const content = await made(make);
  if (content === null) continue;
  const existing = await readFile(path, "utf8").catch(() => null);
  if (existing === content) continue;
  if (check) {
    console.log(`${name} is not up to date; run \`npm run generate\` and commit what it changes.`);
    process.exitCode = 1;
  } else {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    console.log(`wrote ${name}`);
  }
}

/** What a generator makes; null when it refuses, which it has said. */
async function made(make: () => string | Promise<string>): Promise<string | null> {
  try {
    return await make();
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
    return null;
  }
}
