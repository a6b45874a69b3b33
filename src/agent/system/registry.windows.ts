import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeRegistryFile, parseRegistryFile, type RegistryKey } from "../formats/registry-file.ts";
import { ProgramError, runProgram } from "./exec.ts";
import { readBytes } from "./files.ts";

/** Which of the two views of 64-bit Windows: its own, or the one that 32-bit programs see. */
export type RegistryView = "64" | "32";

/** Reads the registry of a Windows machine. */
export interface Registry {
  /** A key with everything below it; none when it does not exist. */
  exportKey(key: string, view: RegistryView, signal: AbortSignal): Promise<RegistryKey[]>;
  /** The whole paths of the keys directly below a key. */
  subkeysOf(key: string, view: RegistryView, signal: AbortSignal): Promise<string[]>;
}

/** Runs reg.exe; ends with a ProgramError when it fails. */
type RunReg = (args: readonly string[], signal: AbortSignal) => Promise<string>;

const TIMEOUT_MS = 60_000;
const OUTPUT_BYTES_MAX = 1024 * 1024;
const FILE_BYTES_MAX = 128 * 1024 * 1024;

const runReg: RunReg = (args, signal) =>
  runProgram("reg", args, { timeoutMs: TIMEOUT_MS, outputBytesMax: OUTPUT_BYTES_MAX, signal });

/**
 * The registry by way of reg.exe and a file: what `reg query` prints is in the machine's own code page, so names in other scripts
 * are lost; `reg export` writes UTF-16.
 */
export function createRegistry(run: RunReg = runReg): Registry {
  async function subkeysOf(key: string, view: RegistryView, signal: AbortSignal): Promise<string[]> {
    const output = await run(["query", key, `/reg:${view}`], signal);
    const prefix = `${key.toLowerCase()}\\`;
    const lines = output.split(/\r?\n/).map((line) => line.trim());
    return lines.filter((line) => line.toLowerCase().startsWith(prefix));
  }

  /** A key is missing when its parent can be listed and does not name it, or is missing itself. */
  async function keyExists(key: string, view: RegistryView, signal: AbortSignal): Promise<boolean> {
    const cut = key.lastIndexOf("\\");
    if (cut < 0) return true;
    const parent = key.slice(0, cut);
    try {
      const names = await subkeysOf(parent, view, signal);
      return names.some((name) => name.toLowerCase() === key.toLowerCase());
    } catch (error) {
      if (isFailed(error)) return keyExists(parent, view, signal);
      throw error;
    }
  }

  async function exportKey(key: string, view: RegistryView, signal: AbortSignal): Promise<RegistryKey[]> {
    const directory = await mkdtemp(join(tmpdir(), "muster-registry-"));
    try {
      const file = join(directory, "key.reg");
      await run(["export", key, file, "/y", `/reg:${view}`], signal);
      const bytes = await readBytes(file, FILE_BYTES_MAX);
      return bytes === null ? [] : parseRegistryFile(decodeRegistryFile(bytes));
    } catch (error) {
      // reg ends with 1 for a key that is not there, as it does for every other failure
      if (isFailed(error) && !(await keyExists(key, view, signal))) return [];
      throw error;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  return { exportKey, subkeysOf };
}

function isFailed(error: unknown): boolean {
  return error instanceof ProgramError && error.reason === "failed";
}
