import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { api } from "#client/api.ts";
import type { Client } from "#client/client.ts";
import type { FeedImportAnswer } from "#protocol/rest/vulnerability-feeds.ts";

/** Bytes of a piece of an upload: what the protocol asks for (IMPORT_CHUNK_BYTES), here without its schemas. */
export const CHUNK_BYTES = 700_000;
/** Bytes that are read at once for the checksum. */
const HASH_BYTES = 4 * 1024 * 1024;

export interface ImportProgress {
  phase: "checksum" | "upload";
  bytes: number;
}

interface Options {
  signal: AbortSignal;
  onProgress: (progress: ImportProgress) => void;
}

/**
 * Sends a file to be loaded as feeds, piece by piece and never whole in memory; answers when the server begins to load it.
 *
 * @throws ApiError when the server refuses; the signal's reason when it was ended
 */
export async function importFeedBundle(client: Client, file: File, { signal, onProgress }: Options): Promise<FeedImportAnswer> {
  const digest = await digestOf(file, signal, (bytes) => onProgress({ phase: "checksum", bytes }));
  const body = { file_name: file.name, bytes: file.size, sha256: digest };
  const { id } = (await client.call(api.createFeedImport, { body, signal })).import;
  for (let number = 0; number * CHUNK_BYTES < file.size; number++) {
    signal.throwIfAborted();
    const piece = file.slice(number * CHUNK_BYTES, (number + 1) * CHUNK_BYTES);
    const content = base64(new Uint8Array(await piece.arrayBuffer()));
    await client.call(api.putFeedImportChunk, { params: { id, number }, body: { content }, signal });
    onProgress({ phase: "upload", bytes: Math.min(file.size, (number + 1) * CHUNK_BYTES) });
  }
  return (await client.call(api.loadFeedImport, { params: { id }, signal })).import;
}

async function digestOf(file: File, signal: AbortSignal, onBytes: (bytes: number) => void): Promise<string> {
  const hash = sha256.create();
  for (let at = 0; at < file.size; at += HASH_BYTES) {
    signal.throwIfAborted();
    const piece = await file.slice(at, at + HASH_BYTES).arrayBuffer();
    hash.update(new Uint8Array(piece));
    onBytes(Math.min(file.size, at + HASH_BYTES));
  }
  return bytesToHex(hash.digest());
}

/** In steps: the arguments of one call are limited. */
const BASE64_STEP = 0x80_00;

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += BASE64_STEP) {
    binary += String.fromCodePoint(...bytes.subarray(at, at + BASE64_STEP));
  }
  return btoa(binary);
}
