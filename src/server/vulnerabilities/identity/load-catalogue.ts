import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileCatalogue, joinFiles, type ProductCatalogue, withLocal } from "#domain/vulnerability/identity/catalogue.ts";
import type { Database } from "../../database/tables.ts";
import { catalogueStamp, correctionsInForce, usedKeys } from "./catalogue-store.ts";
import { CATALOGUE_LIMITS, type CatalogueFile, readCatalogueFile } from "./catalogue-schema.ts";

const SHIPPED = fileURLToPath(new URL("../../../domain/vulnerability/identity/catalogue/", import.meta.url));

/** How a local file was read: null, or why it was left out. */
export interface LocalFile {
  file: string;
  products: number;
  error: string | null;
}

export interface LoadedCatalogue {
  catalogue: ProductCatalogue;
  local: LocalFile[];
  used: readonly string[];
}

interface Memory extends LoadedCatalogue {
  files: string;
  corrections: string;
  feeds: string;
}

/** What a database's catalogue was last. It only saves work: every use asks whether it is still true. */
const MEMORY = new WeakMap<Database, Memory>();
const SHIPPED_FILES: { read?: Promise<CatalogueFile[]> } = {};

/**
 * The catalogue of products as it is now: what ships, the files of `<directory>/identity/*.json` (read again when one changed), the
 * corrections in force and the products that vulnerabilities are published for. The same object as long as nothing of it changed.
 */
export async function loadProductCatalogue(deps: { db: Database; directory: string }): Promise<ProductCatalogue> {
  return (await loadCatalogue(deps)).catalogue;
}

/** As {@link loadProductCatalogue}, with how the local files were read and the list of products. */
export async function loadCatalogue({ db, directory }: { db: Database; directory: string }): Promise<LoadedCatalogue> {
  const before = MEMORY.get(db);
  const folder = join(directory, "identity");
  const [files, { corrections, feeds }] = await Promise.all([filesStamp(folder), catalogueStamp(db)]);
  if (before?.files === files && before.corrections === corrections && before.feeds === feeds) return before;
  const made = before?.files === files ? before : await compiled(folder);
  const keys = before?.feeds === feeds ? before.used : await changedKeys(db, before?.used);
  const said = before?.corrections === corrections ? before.catalogue.corrections : await correctionsInForce(db);
  const same = before !== undefined && before.files === files && before.used === keys && before.catalogue.corrections === said;
  const set = new Set(keys);
  const catalogue = same ? before.catalogue : withLocal(made.catalogue, { corrections: said, isUsedKey: (key) => set.has(key) });
  const now: Memory = { catalogue, local: made.local, used: keys, files, corrections, feeds };
  MEMORY.set(db, now);
  return now;
}

/** The keys now; the same array when they are the same, so that nothing is identified again for a feed that brought no new product. */
async function changedKeys(db: Database, before: readonly string[] | undefined): Promise<readonly string[]> {
  const keys = await usedKeys(db);
  return before?.length === keys.length && before.every((key, at) => key === keys[at]) ? before : keys;
}

async function compiled(folder: string): Promise<Pick<LoadedCatalogue, "catalogue" | "local">> {
  const shipped = await (SHIPPED_FILES.read ??= readShipped());
  const local = await readLocal(folder);
  const all = [...shipped, ...local.flatMap(({ content }) => (content === null ? [] : [content]))];
  const catalogue = compileCatalogue(joinFiles(all));
  return {
    catalogue,
    local: local.map(({ file, content, error }) => ({ file, products: content?.entries.length ?? 0, error })),
  };
}

async function readShipped(): Promise<CatalogueFile[]> {
  const names = (await readdir(SHIPPED)).filter((name) => name.endsWith(".json")).toSorted();
  return Promise.all(names.map(async (name) => readCatalogueFile(await readFile(join(SHIPPED, name), "utf8"))));
}

interface ReadFile {
  file: string;
  content: CatalogueFile | null;
  error: string | null;
}

/** A file with a mistake is left out and named, so that it takes none of the others with it. */
async function readLocal(folder: string): Promise<ReadFile[]> {
  const paths = await localPaths(folder);
  return Promise.all(
    paths.map(async (path) => {
      const file = basename(path);
      try {
        const { size } = await stat(path);
        if (size > CATALOGUE_LIMITS.bytes) throw new Error(`It is larger than ${CATALOGUE_LIMITS.bytes} bytes; split it.`);
        return { file, content: readCatalogueFile(await readFile(path, "utf8")), error: null };
      } catch (error) {
        return { file, content: null, error: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
}

async function localPaths(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.endsWith(".json"))
    .toSorted()
    .slice(0, CATALOGUE_LIMITS.files)
    .map((name) => join(folder, name));
}

/** Names, sizes and times of the local files. */
async function filesStamp(folder: string): Promise<string> {
  const paths = await localPaths(folder);
  const stamps = await Promise.all(
    paths.map(async (path) => {
      const found = await stat(path).catch(() => null);
      return `${basename(path)}:${found?.size ?? -1}:${found?.mtimeMs ?? 0}`;
    }),
  );
  return stamps.join("|");
}
