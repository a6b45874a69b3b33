import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm, statfs } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file system in memory, on Linux. Making a database of 700 files costs a fifth of the time there, on a busy disk a twentieth. */
const MEMORY_FOLDER = "/dev/shm";
/** A whole run's databases stay below 2 GB; containers often give this file system 64 MB only. */
const FOLDER_BYTES_MIN = 4 * 2 ** 30;
/** What must be left for everything else. */
const MEMORY_BYTES_MIN = 6 * 2 ** 30;

/**
 * Where databases of tests lie: in memory when there is room, else in the system's temporary directory. `MUSTER_TEST_SCRATCH` names
 * another directory.
 */
export async function scratchRoot(): Promise<string> {
  const own = process.env["MUSTER_TEST_SCRATCH"] ?? "";
  if (own !== "") return own;
  const found = await statfs(MEMORY_FOLDER).catch(() => null);
  const roomy = found !== null && found.bavail * found.bsize >= FOLDER_BYTES_MIN;
  return roomy && process.availableMemory() >= MEMORY_BYTES_MIN ? MEMORY_FOLDER : tmpdir();
}

export interface Scratch {
  directory: string;
  /** This process too is ended, as Ctrl-C would, when the test's process ends without {@link Scratch.remove}. */
  watch(pid: number | undefined): void;
  /** Removes the directory; whoever ran programs in it has ended them. */
  remove(): Promise<void>;
}

/**
 * A new directory for a database. Should this process end without {@link Scratch.remove}, however suddenly, the PostgreSQL servers in
 * it are ended and it is removed all the same.
 */
export async function scratchDirectory(prefix: string): Promise<Scratch> {
  const directory = await mkdtemp(join(await scratchRoot(), prefix));
  await chmod(directory, 0o711); // older PostgreSQL's initdb returns to its directory by name, as its own account
  const guard = startGuard(directory);
  return {
    directory,
    watch: (pid) => {
      if (pid !== undefined) guard.tell(`${pid}\n`);
    },
    async remove() {
      guard.end();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/**
 * Reads the numbers of processes until its input ends, which it does when the process that holds the other end does. Then it asks those
 * to end, and the PostgreSQL servers by the files in which they name themselves; by force after ten seconds; and removes the directory.
 */
const GUARD = `
trap '' INT TERM HUP
pids=
while read -r pid; do pids="$pids $pid"; done
servers() { find "$1" -maxdepth 4 -name postmaster.pid -exec head -n 1 {} ';' 2>/dev/null; }
end() { kill -"$1" "$2" 2>/dev/null; }
for pid in $pids; do end INT "$pid"; done
i=0
while [ "$i" -lt 50 ]; do
  i=$((i + 1)) left=
  for pid in $pids $(servers "$1"); do kill -0 "$pid" 2>/dev/null && left="$left $pid"; done
  [ -z "$left" ] && break
  if [ -z "$pids" ] || [ "$i" -gt 10 ]; then for pid in $(servers "$1"); do end INT "$pid"; done; fi
  sleep 0.2
done
for pid in $left; do end KILL "$pid"; done
i=0 # initdb, for one, goes on writing until it misses a file; on a busy machine that takes a while
until rm -rf "$1" 2>/dev/null || [ "$i" -ge 300 ]; do i=$((i + 1)); sleep 0.2; done
`;

/** In a group of its own, so that Ctrl-C does not end it together with what it guards. */
function startGuard(directory: string): { tell(line: string): void; end(): void } {
  const child = spawn("/bin/sh", ["-c", GUARD, "guard", directory], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  const input = child.stdin as Socket;
  input.on("error", () => undefined); // it was ended first
  input.unref();
  child.unref();
  return { tell: (line) => void input.write(line), end: () => void child.kill("SIGKILL") };
}
