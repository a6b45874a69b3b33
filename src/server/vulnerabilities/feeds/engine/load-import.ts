import { createHash } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { FeedError, type Feed } from "../feed.ts";
import { fileInput } from "../formats/file-input.ts";
import { FEED_LIMITS } from "../formats/limits.ts";
import { plainText } from "../formats/plain-text.ts";
import { messageOf } from "../formats/unpacked.ts";
import { bundleItems, readBundle } from "./bundle-format.ts";
import { extractArchive, filesOfPart, recognise, scanDirectory } from "./directory.ts";
import { importsDirectory, type EngineDeps } from "./engine-deps.ts";
import { importChunk, importFinish, importProgress, type FeedImport, type ImportedPart } from "./import-store.ts";
import { partEnsure, partGet, type PartMemory } from "./part-store.ts";
import { filesSource, syncPart, type LoadSource } from "./sync-part.ts";

/** What an import brings: a source for each part. */
type ImportSources = { feed: Feed; part: string; source: LoadSource }[];

/** Loads an import that was uploaded, and notes what became of it. @throws when the process is to stop */
export async function loadImport(deps: EngineDeps, row: FeedImport, signal: AbortSignal): Promise<void> {
  const directory = join(importsDirectory(deps.config), String(row.id));
  const parts: ImportedPart[] = [];
  let error: string | null = null;
  try {
    await rm(directory, { recursive: true, force: true });
    await importProgress(deps.db, row.id, "unpacking");
    const sources = await sourcesOf(deps, await unpackImport(deps, row, directory), row);
    for (const one of sources) {
      signal.throwIfAborted();
      await importProgress(deps.db, row.id, `${one.feed.name} ${one.part}`);
      parts.push(await loadOne(deps, one, signal));
    }
    if (parts.some((part) => part.error !== null)) error = "Some parts could not be loaded.";
  } catch (failure) {
    if (signal.aborted) throw failure;
    error = plainText(failure instanceof FeedError ? failure.message : `The import failed: ${messageOf(failure)}`, 2000);
    if (!(failure instanceof FeedError)) deps.log.error({ err: failure }, "an import of vulnerability feeds failed");
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  await importFinish(deps.db, row.id, parts, error);
}

async function loadOne(
  deps: EngineDeps,
  { feed, part, source }: ImportSources[number],
  signal: AbortSignal,
): Promise<ImportedPart> {
  const { id } = await partEnsure(deps.db, feed.name, part, deps.now());
  const { outcome, error } = await syncPart(deps, id, source, signal);
  const row = await partGet(deps.db, id);
  const problem = outcome === "busy" ? "It is being loaded from elsewhere at this moment; import it again." : error;
  return { feed: feed.name, part, records: row?.records_count ?? 0, error: problem };
}

/** Puts the pieces together, checks them, and unpacks them where they are an archive of files. Returns the directory with the files. */
async function unpackImport(deps: EngineDeps, row: FeedImport, directory: string): Promise<string> {
  const upload = join(directory, "upload");
  const files = join(directory, "files");
  await mkdir(upload, { recursive: true });
  const path = join(upload, safeName(row.file_name));
  const sha256 = await assemble(deps, row.id, path);
  if (sha256 !== row.sha256)
    throw new FeedError(`${row.file_name} did not arrive as it was sent (its SHA-256 differs); import it again.`);
  // the publishers' own archives are files of feeds themselves
  if (recognise(row.file_name, deps.feeds) !== null) return upload;
  const input = { ...(await fileInput(path, FEED_LIMITS)), name: row.file_name };
  await extractArchive(input, files);
  return files;
}

async function assemble({ db }: EngineDeps, id: number, path: string): Promise<string> {
  const digest = createHash("sha256");
  const file = await open(`${path}.part`, "w");
  try {
    for (let number = 0; ; number += 1) {
      const chunk = await importChunk(db, id, number);
      if (chunk === null) break;
      digest.update(chunk);
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
  await rename(`${path}.part`, path);
  return digest.digest("hex");
}

async function sourcesOf(deps: EngineDeps, directory: string, row: FeedImport): Promise<ImportSources> {
  const bundle = await readBundle(directory);
  if (bundle === null) return await fileSources(deps, directory, row);
  const sources: ImportSources = [];
  for (const part of bundle.parts) {
    const feed = deps.feeds.find((one) => one.name === part.feed);
    if (feed === undefined)
      throw new FeedError(`The bundle holds the feed ${part.feed}, which this version of Muster does not know.`);
    const source: LoadSource = {
      origin: "import",
      open: async ({ part: known }) => ({
        result: {
          mode: "full",
          items: bundleItems(directory, part, feed),
          ...(part.data_as_of === null ? {} : { dataAsOf: () => part.data_as_of ?? undefined }),
        },
        memory: () => ({ files: (known.cursor as PartMemory | null)?.files ?? "" }),
        bytes: () => 0,
        close: async () => undefined,
        discard: async () => undefined,
      }),
    };
    sources.push({ feed, part: part.part, source });
  }
  return sources;
}

async function fileSources(deps: EngineDeps, directory: string, row: FeedImport): Promise<ImportSources> {
  const files = await scanDirectory(directory, deps.feeds);
  const own = files.filter((file) => file.part !== "*");
  const names = new Map(own.map((file) => [`${file.feed.name}\n${file.part}`, file]));
  if (names.size === 0) throw new FeedError(`${row.file_name} holds no file of a known feed, and is no bundle of Muster's.`);
  return [...names.values()].map(({ feed, part }) => ({
    feed,
    part,
    source: filesSource(feed, part, filesOfPart(files, feed.name, part), "import"),
  }));
}

/** A file's name without anything that could lead elsewhere. */
function safeName(name: string): string {
  return name.replaceAll(/[^\w.-]/g, "_").replace(/^\.+/, "_");
}
