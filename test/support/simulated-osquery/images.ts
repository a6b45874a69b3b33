import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

/** A column's text by its name, as osquery sends it. */
export type TableRow = Record<string, string>;

/** What one device holds: real rows under osquery's table and column names. */
export interface Image {
  /** File name without its ending. */
  name: string;
  host: { platform: string; os_version: TableRow[]; system_info: TableRow[]; kernel_info?: TableRow[] };
  origin: string;
  tables: Record<string, TableRow[]>;
}

const REPOSITORY = resolve(import.meta.dirname, "../../..");
/** Data beside the repository: more images than may be copied into it. */
export const SHARED_DIR = resolve(process.env["MUSTER_SHARED_DIR"] ?? resolve(REPOSITORY, "../shared"));
const SHARED_IMAGES = resolve(SHARED_DIR, "data/inventories");
const FIXTURES = resolve(REPOSITORY, "test/fixtures/osquery/samples");

/** Is the shared data there? Tests over all images are skipped without it. */
export const HAS_SHARED_IMAGES = existsSync(resolve(SHARED_IMAGES, "README.md"));
export const SHARED_IMAGES_MISSING = `needs the shared device images (${SHARED_IMAGES}); set MUSTER_SHARED_DIR`;

function readImage(file: string, name: string): Image {
  return { name, ...(JSON.parse(readFileSync(file, "utf8")) as Omit<Image, "name">) };
}

function imageNames(directory: string): string[] {
  const files = readdirSync(directory).filter(
    (file) => file.endsWith(".json") && file !== "upgrades.json" && file !== "schema.json",
  );
  return files.map((file) => file.slice(0, -".json".length)).toSorted();
}

/** An image of the shared data, for example `macos-glpi-3` or `fragments/macos-vscode-1`. */
export function sharedImage(name: string): Image {
  return readImage(resolve(SHARED_IMAGES, `${name}.json`), name);
}

/** Names of all images of the shared data, whole devices first, then fragments; empty when it is not there. */
export function sharedImageNames(): string[] {
  if (!HAS_SHARED_IMAGES) return [];
  const fragments = imageNames(resolve(SHARED_IMAGES, "fragments")).map((name) => `fragments/${name}`);
  return [...imageNames(SHARED_IMAGES), ...fragments];
}

/** An image that the repository itself has (test/fixtures/osquery/samples): works without the shared data. */
export function fixtureImage(name: string): Image {
  return readImage(resolve(FIXTURES, `${name}.json`), name);
}

export function fixtureImageNames(): string[] {
  return imageNames(FIXTURES);
}

/** osquery's tables and columns: all of them from the shared data, else those that Muster's queries need. */
export function schemaFile(): string {
  const shared = resolve(SHARED_DIR, "reference/osquery-schema.json");
  return existsSync(shared) ? shared : resolve(FIXTURES, "schema.json");
}
