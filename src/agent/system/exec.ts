import { spawn } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { errorCode } from "./files.ts";

/**
 * The only programs the agent ever runs, each by the absolute paths it may have: the PATH of whoever started the agent decides
 * nothing.
 */
const PROGRAMS = {
  rpm: ["/usr/bin/rpm", "/bin/rpm"],
  mdls: ["/usr/bin/mdls"],
  codesign: ["/usr/bin/codesign"],
  sysctl: ["/usr/sbin/sysctl"],
  ioreg: ["/usr/sbin/ioreg"],
  ps: ["/bin/ps"],
  reg: ["C:\\Windows\\System32\\reg.exe"],
  powershell: ["C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"],
} as const;

export type ProgramName = keyof typeof PROGRAMS;

export interface ProgramLimits {
  timeoutMs: number;
  outputBytesMax: number;
  signal?: AbortSignal;
  /** Which of its outputs is the answer; `stdout` unless said. */
  stream?: "stdout" | "stderr";
}

/** A program that is missing, failed, took too long or wrote too much; the message says which. */
export class ProgramError extends Error {
  reason: "missing" | "failed" | "timeout" | "output_too_large" | "stopped";
  constructor(reason: ProgramError["reason"], message: string) {
    super(message);
    this.name = "ProgramError";
    this.reason = reason;
  }
}

/** The absolute path of a program on this machine, null when it is not installed. */
export async function programPath(name: ProgramName): Promise<string | null> {
  for (const path of PROGRAMS[name]) {
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  return null;
}

/**
 * Runs a named program without a shell, with an empty input and a minimal environment, and returns what it wrote to its
 * standard output (or error, where that is its answer).
 * @throws ProgramError
 */
export async function runProgram(name: ProgramName, args: readonly string[], limits: ProgramLimits): Promise<string> {
  const path = await programPath(name);
  if (path === null) throw new ProgramError("missing", `${name} is not installed (looked for ${PROGRAMS[name].join(", ")}).`);
  return runPath(path, args, limits);
}

/** {@link runProgram} for one absolute path; exported for tests of the limits only. */
export function runPath(path: string, args: readonly string[], limits: ProgramLimits): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, {
      shell: false,
      stdio: ["ignore", "pipe", "pipe"],
      // No program may leave anything in a home directory, or make one: below /dev/null nothing can be.
      env: { LC_ALL: "C", LANG: "C", PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/dev/null" },
      cwd: "/",
      // A process group of its own, so that what the program starts is stopped with it.
      detached: true,
    });
    const output: Buffer[] = [];
    let size = 0;
    let complaint = "";
    let failure: ProgramError | null = null;
    function stop(reason: ProgramError["reason"], message: string): void {
      failure ??= new ProgramError(reason, message);
      killGroup(child.pid);
      child.stdout.destroy();
      child.stderr.destroy();
    }
    const seconds = Math.round(limits.timeoutMs / 1000);
    const timer = setTimeout(() => stop("timeout", `${path} did not finish within ${seconds} s.`), limits.timeoutMs);
    const onAbort = () => stop("stopped", `${path} was stopped.`);
    limits.signal?.addEventListener("abort", onAbort, { once: true });
    child[limits.stream ?? "stdout"].on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > limits.outputBytesMax) stop("output_too_large", `${path} wrote more than ${limits.outputBytesMax} bytes.`);
      else output.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      if (complaint.length < 1000) complaint += chunk.toString("utf8").slice(0, 1000);
    });
    // read and let go of, or a full pipe would hold the program
    if (limits.stream === "stderr") child.stdout.resume();
    function settle(outcome: () => void): void {
      clearTimeout(timer);
      limits.signal?.removeEventListener("abort", onAbort);
      outcome();
    }
    child.on("error", (error) => settle(() => reject(new ProgramError("failed", `${path} could not be run: ${error.message}.`))));
    child.on("close", (code, signal) =>
      settle(() => {
        if (failure !== null) reject(failure);
        else if (code !== 0) reject(new ProgramError("failed", `${path} ended with ${code ?? signal}: ${complaint.trim()}`));
        else resolve(Buffer.concat(output).toString("utf8"));
      }),
    );
    if (limits.signal?.aborted === true) onAbort();
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // It ended by itself in the meantime.
    if (errorCode(error) !== "ESRCH") throw error;
  }
}
