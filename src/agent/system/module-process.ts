import { fork } from "node:child_process";
import { readText } from "./files.ts";

/** A module of this program that runs as a process of its own, so that it can be bounded and ended from outside. */
export interface ModuleProcess {
  send(message: unknown): void;
  /** Resident memory in bytes; null when it cannot be told. */
  memoryBytes(): Promise<number | null>;
  kill(): void;
}

export interface ModuleProcessOptions {
  /** Size to which V8's heap may grow, in bytes. */
  heapBytesMax: number;
  onMessage(message: unknown): void;
  /** Called once when it has ended, however that came, with the words it ended with. */
  onEnd(end: { signal: string | null; code: number | null; complaint: string }): void;
}

const COMPLAINT_LENGTH_MAX = 4000;
const MEBIBYTE = 1024 * 1024;

/** What the process gets of this one's environment: nothing secret, no PATH of whoever started the agent. */
const ENVIRONMENT_KEPT = ["NODE_COMPILE_CACHE", "MALLOC_ARENA_MAX", "SystemRoot", "TEMP"];

/** Starts a module as a process that ends with this one. It speaks by messages; what it prints is kept for its last words. */
export function startModule(module: URL, options: ModuleProcessOptions): ModuleProcess {
  const kept = ENVIRONMENT_KEPT.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const child = fork(module, {
    // The young generation counts for the heap as well; without the optimizing compilers V8 needs less of everything.
    execArgv: [
      `--max-old-space-size=${Math.max(8, Math.floor(options.heapBytesMax / MEBIBYTE))}`,
      "--max-semi-space-size=2",
      "--no-opt",
      "--no-maglev",
      "--no-sparkplug",
      "--disable-warning=ExperimentalWarning",
    ],
    env: { LC_ALL: "C", PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/dev/null", ...Object.fromEntries(kept) },
    cwd: "/",
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let complaint = "";
  let ended = false;
  child.stderr?.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString("utf8")).slice(0, COMPLAINT_LENGTH_MAX);
  });
  child.on("message", (message) => options.onMessage(message));
  function end(code: number | null, signal: string | null): void {
    if (ended) return;
    ended = true;
    options.onEnd({ code, signal, complaint });
  }
  child.on("error", (error) => {
    complaint ||= error.message;
    if (child.pid === undefined) end(null, null);
  });
  child.on("close", end);
  return {
    send: (message) => {
      // A process that has just ended takes no message; its end is told by onEnd.
      if (child.connected) child.send(message as object, () => {});
    },
    memoryBytes: () => residentBytes(child.pid),
    kill: () => void child.kill("SIGKILL"),
  };
}

async function residentBytes(pid: number | undefined): Promise<number | null> {
  if (pid === undefined || process.platform !== "linux") return null;
  const status = await readText(`/proc/${pid}/status`, 64 * 1024).catch(() => null);
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status ?? "")?.[1];
  return kibibytes === undefined ? null : Number(kibibytes) * 1024;
}
