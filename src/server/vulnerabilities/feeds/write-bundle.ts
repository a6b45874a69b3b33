import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdCompress } from "node:zlib";
import { pack, type Pack } from "tar-stream";
import { Snapshot } from "#server/database/snapshot.ts";
import type { Download } from "#server/http/download.ts";
import { bundleRows } from "./bundle-store.ts";
import type { FeedsDeps } from "./deps.ts";
import { BUNDLE_FORMAT, BUNDLE_VERSION, MANIFEST, type BundleManifest } from "./engine/bundle-format.ts";
import { fileDigest } from "./engine/directory.ts";
import { partList, type FeedPart } from "./engine/part-store.ts";

/**
 * Everything that is loaded, as a tar archive: a file of JSON lines for each part, and a manifest with checksums at the end. Each part is
 * of one moment. One part at a time lies on disk.
 */
export function writeBundle(deps: FeedsDeps): Download {
  const day = deps.now().toISOString().slice(0, 10);
  return { contentType: "application/x-tar", filename: `muster-feeds-${day}.tar`, chunks: bundleChunks(deps) };
}

async function* bundleChunks(deps: FeedsDeps): AsyncGenerator<Uint8Array, void, void> {
  const directory = await mkdtemp(join(tmpdir(), "muster-bundle-"));
  const tar = pack();
  const filled = fill(deps, tar, directory).catch((error: unknown) => tar.destroy(error as Error));
  try {
    for await (const chunk of tar) yield chunk as Uint8Array;
  } finally {
    tar.destroy();
    await filled;
    await rm(directory, { recursive: true, force: true });
  }
}

async function fill(deps: FeedsDeps, tar: Pack, directory: string): Promise<void> {
  const kinds = new Map(deps.feeds.map((feed) => [feed.name, feed.kind]));
  const parts = (await partList(deps.db)).filter((part) => part.succeeded_at !== null && kinds.has(part.feed));
  const manifest: BundleManifest = {
    format: BUNDLE_FORMAT,
    version: BUNDLE_VERSION,
    created_at: deps.now().toISOString(),
    parts: [],
  };
  for (const part of parts) {
    const file = `parts/${manifest.parts.length + 1}.jsonl.zst`;
    const path = join(directory, "part");
    const records = await writePart(deps, part, kinds.get(part.feed) ?? "records", path);
    await addFile(tar, file, path);
    manifest.parts.push({
      feed: part.feed,
      part: part.part,
      file,
      sha256: await fileDigest(path),
      records,
      data_as_of: part.data_as_of?.toISOString() ?? null,
      succeeded_at: part.succeeded_at?.toISOString() ?? null,
    });
  }
  tar.entry({ name: MANIFEST }, `${JSON.stringify(manifest, null, 2)}\n`);
  tar.finalize();
}

async function writePart(
  deps: FeedsDeps,
  part: FeedPart,
  kind: FeedsDeps["feeds"][number]["kind"],
  path: string,
): Promise<number> {
  const snapshot = await Snapshot.open(deps.db);
  let records = 0;
  async function* text(): AsyncGenerator<string> {
    for await (const rows of bundleRows(snapshot, kind, part.id)) {
      records += rows.length;
      if (rows.length > 0) yield `${rows.join("\n")}\n`;
    }
  }
  try {
    await pipeline(Readable.from(text()), createZstdCompress(), createWriteStream(path));
  } finally {
    await snapshot.close();
  }
  return records;
}

async function addFile(tar: Pack, name: string, path: string): Promise<void> {
  const { size } = await stat(path);
  await pipeline(createReadStream(path), tar.entry({ name, size }));
}
