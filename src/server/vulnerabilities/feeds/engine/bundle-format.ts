import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { FeedError, type Feed } from "../feed.ts";
import { fileInput } from "../formats/file-input.ts";
import { jsonLines } from "../formats/json-values.ts";
import { FEED_LIMITS } from "../formats/limits.ts";
import { fileDigest } from "./directory.ts";

/** The last member of a bundle: what is in it, with checksums. */
export const MANIFEST = "manifest.json";
export const BUNDLE_FORMAT = "muster-feeds";
export const BUNDLE_VERSION = 1;

const BundlePart = Type.Object(
  {
    feed: Type.String({ pattern: "^[a-z0-9-]{1,64}$" }),
    part: Type.String({ minLength: 1, maxLength: 200 }),
    file: Type.String({ pattern: "^parts/[0-9]{1,6}\\.jsonl\\.zst$" }),
    sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
    records: Type.Integer({ minimum: 0 }),
    data_as_of: Type.Union([Type.String({ maxLength: 40 }), Type.Null()]),
    succeeded_at: Type.Union([Type.String({ maxLength: 40 }), Type.Null()]),
  },
  { additionalProperties: false },
);
const Manifest = Type.Object(
  {
    format: Type.Literal(BUNDLE_FORMAT),
    version: Type.Literal(BUNDLE_VERSION),
    created_at: Type.String({ maxLength: 40 }),
    parts: Type.Array(BundlePart, { maxItems: 10_000 }),
  },
  { additionalProperties: false },
);
export type BundleManifest = Type.Static<typeof Manifest>;
type BundlePart = Type.Static<typeof BundlePart>;
const manifest = Compile(Manifest);

/**
 * The manifest of an extracted bundle, every file checked against it. Null: the directory is no bundle.
 *
 * @throws {FeedError} naming the file that is missing or does not have its checksum
 */
export async function readBundle(directory: string): Promise<BundleManifest | null> {
  const text = await readFile(join(directory, MANIFEST), "utf8").catch(() => null);
  if (text === null) return null;
  const value = parsed(text);
  if (typeof value !== "object" || value === null || (value as { format?: unknown }).format !== BUNDLE_FORMAT) return null;
  if (!manifest.Check(value)) {
    const [first] = manifest.Errors(value);
    throw new FeedError(`${MANIFEST} is not one of this version of Muster: ${first?.instancePath ?? ""} ${first?.message ?? ""}`);
  }
  for (const { file, sha256 } of value.parts) {
    const found = await fileDigest(join(directory, file)).catch(() => null);
    if (found === null) throw new FeedError(`The bundle lacks ${file}, which its manifest names. Nothing of it was loaded.`);
    if (found !== sha256)
      throw new FeedError(`${file} does not have the checksum of the bundle's manifest. Nothing of it was loaded.`);
  }
  return value;
}

/** The rows of one part of an extracted bundle. */
export async function* bundleItems(directory: string, part: BundlePart, feed: Feed): AsyncGenerator {
  const limits = { ...FEED_LIMITS, ...feed.limits };
  yield* jsonLines(await fileInput(join(directory, part.file), limits));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
