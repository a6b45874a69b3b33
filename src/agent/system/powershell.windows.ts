import { runProgram } from "./exec.ts";

const TIMEOUT_MS = 60_000;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Runs a script of ours in Windows PowerShell and returns what it prints. Nothing of a device or a user goes into the text.
 *
 * @throws ProgramError
 */
export async function runPowerShell(script: string, signal?: AbortSignal): Promise<string> {
  const encoded = Buffer.from(script, "utf16le").toString("base64");
  return runProgram("powershell", ["-NoProfile", "-NonInteractive", "-EncodedCommand", encoded], {
    timeoutMs: TIMEOUT_MS,
    outputBytesMax: OUTPUT_BYTES_MAX,
    ...(signal === undefined ? {} : { signal }),
  });
}
