import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeRegistryFile, parseRegistryFile, type RegistryKey } from "../formats/registry-file.ts";
import { ProgramError, runProgram } from "./exec.ts";
import { readBytes } from "./files.ts";

const TIMEOUT_MS = 60_000;
const OUTPUT_BYTES_MAX = 1024 * 1024;
const FILE_BYTES_MAX = 128 * 1024 * 1024;

/**
 * A registry key with everything below it, from one of the two views that 64-bit Windows has; none when the key does not exist.
 *
 * By way of a file: what `reg query` prints is in the machine's own code page, so names in other scripts are lost; `reg export`
 * writes UTF-16.
 */
export async function exportKey(key: string, view: "64" | "32", signal: AbortSignal): Promise<RegistryKey[]> {
  const directory = await mkdtemp(join(tmpdir(), "muster-registry-"));
  const file = join(directory, "key.reg");
  try {
    await runProgram("reg", ["export", key, file, "/y", `/reg:${view}`], {
      timeoutMs: TIMEOUT_MS,
      outputBytesMax: OUTPUT_BYTES_MAX,
      signal,
    });
    const bytes = await readBytes(file, FILE_BYTES_MAX);
    return bytes === null ? [] : parseRegistryFile(decodeRegistryFile(bytes));
  } catch (error) {
    // reg ends with 1 for a key that is not there, as it does for every other failure
    if (error instanceof ProgramError && error.reason === "failed" && !(await keyExists(key, view, signal))) return [];
    throw error;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A key is missing when its parent can be listed and does not name it, or is missing itself. */
async function keyExists(key: string, view: "64" | "32", signal: AbortSignal): Promise<boolean> {
  const cut = key.lastIndexOf("\\");
  if (cut < 0) return true;
  const parent = key.slice(0, cut);
  try {
    const names = await subkeysOf(parent, signal, view);
    return names.some((name) => name.toLowerCase() === key.toLowerCase());
  } catch (error) {
    if (error instanceof ProgramError && error.reason === "failed") return keyExists(parent, view, signal);
    throw error;
  }
}

/** The whole paths of the keys directly below a key. */
export async function subkeysOf(key: string, signal: AbortSignal, view: "64" | "32" = "64"): Promise<string[]> {
  const output = await runProgram("reg", ["query", key, `/reg:${view}`], {
    timeoutMs: TIMEOUT_MS,
    outputBytesMax: OUTPUT_BYTES_MAX,
    signal,
  });
  const prefix = `${key.toLowerCase()}\\`;
  const lines = output.split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line.toLowerCase().startsWith(prefix));
}
