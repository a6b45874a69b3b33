import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runPath } from "./exec.ts";
import { fileMark, listDirectory, makePrivateDirectory, readStart, readText, writePrivateFile } from "./files.ts";
import { matchDirectories } from "./glob.ts";
import { parseHomes } from "./homes.ts";
import { isLocked, parseLocks } from "./locks.ts";
import { lineLog } from "./log.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "muster-system-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const limits = { timeoutMs: 5000, outputBytesMax: 1000 };

describe("runPath", () => {
  test("returns the output of a program in a plain environment", async () => {
    expect(await runPath("/bin/sh", ["-c", 'echo "$LC_ALL $HOME $#"', "sh", "a b"], limits)).toBe("C /dev/null 1\n");
  });

  test("says with what a program ended", async () => {
    await expect(runPath("/bin/sh", ["-c", "echo sorry >&2; exit 3"], limits)).rejects.toMatchObject({
      reason: "failed",
      message: "/bin/sh ended with 3: sorry",
    });
    await expect(runPath("/does/not/exist", [], limits)).rejects.toMatchObject({ reason: "failed" });
  });

  test("stops what takes too long, writes too much or is no longer wanted", async () => {
    await expect(runPath("/bin/sleep", ["60"], { ...limits, timeoutMs: 50 })).rejects.toMatchObject({ reason: "timeout" });
    await expect(runPath("/bin/cat", ["/dev/zero"], limits)).rejects.toMatchObject({ reason: "output_too_large" });
    const stop = new AbortController();
    const running = runPath("/bin/sleep", ["60"], { ...limits, signal: stop.signal });
    stop.abort();
    await expect(running).rejects.toMatchObject({ reason: "stopped" });
  });
});

describe("files", () => {
  test("a private file replaces the old one as a whole and leaves nothing beside it", async () => {
    const path = join(directory, "state/file");
    await makePrivateDirectory(join(directory, "state"));
    await writePrivateFile(path, "one");
    chmodSync(path, 0o644);
    await writePrivateFile(path, "two");
    expect(await readText(path, 100)).toBe("two");
    expect(statSync(path).mode.toString(8)).toBe("100600");
    expect(readdirSync(join(directory, "state"))).toEqual(["file"]);
  });

  test("an existing directory is closed to others", async () => {
    mkdirSync(join(directory, "open"), { mode: 0o755 });
    await makePrivateDirectory(join(directory, "open"));
    expect(statSync(join(directory, "open")).mode.toString(8)).toBe("40700");
  });

  test("reading is bounded and refuses what is no regular file", async () => {
    const path = join(directory, "big");
    writeFileSync(path, "x".repeat(5000));
    expect(await readText(path, 5000)).toHaveLength(5000);
    await expect(readText(path, 4999)).rejects.toThrow("larger than 4999 bytes");
    await runPath("/usr/bin/mkfifo", [join(directory, "pipe")], limits);
    await expect(readText(join(directory, "pipe"), 10)).rejects.toThrow("not a regular file");
    expect(await readStart(join(directory, "pipe"), 10)).toBe("");
    expect(await readStart(path, 3)).toBe("xxx");
    expect(await readText(join(directory, "none"), 10)).toBeNull();
    expect(await listDirectory(join(directory, "none"))).toEqual([]);
  });

  test("a mark changes with the file", async () => {
    const path = join(directory, "file");
    const marks = [await fileMark(path)];
    writeFileSync(path, "a");
    marks.push(await fileMark(path));
    rmSync(path);
    writeFileSync(path, "bc");
    marks.push(await fileMark(path));
    expect(new Set(marks).size).toBe(3);
    expect(marks[0]).toBe("absent");
  });
});

describe("matchDirectories", () => {
  test("finds directories by pattern and says where it looked", async () => {
    for (const path of ["lib/python3.11/site-packages", "lib/python3/other", "lib/.python9/site-packages", "lib/pythonista"]) {
      mkdirSync(join(directory, path), { recursive: true });
    }
    symlinkSync("python3.11", join(directory, "lib/python3.x"));
    writeFileSync(join(directory, "lib/python3.file"), "");
    expect(await matchDirectories(directory, "/lib/python3*/site-packages")).toEqual({
      found: ["/lib/python3.11/site-packages", "/lib/python3.x/site-packages"],
      searched: ["/lib"],
    });
    expect((await matchDirectories(directory, "/lib/*/site-packages")).found).not.toContain("/lib/.python9/site-packages");
    expect(await matchDirectories(directory, "/none/*/x")).toEqual({ found: [], searched: [] });
  });
});

describe("small readers", () => {
  test("home directories of passwd(5)", () => {
    const text =
      "root:x:0:0::/root:/bin/sh\nbin:x:2:2::/bin:/x\nada:x:1:1::/home/ada:\nbob:x:2:2::/home/ada:\nbad\nnobody:x:9:9::/nonexistent:\n";
    expect(parseHomes(text)).toEqual(["/root", "/home/ada"]);
  });

  test("locks of proc_locks(5), without those who wait", () => {
    const text =
      "1: POSIX  ADVISORY  WRITE 3548 08:01:1234567 0 EOF\n1: -> POSIX  ADVISORY  WRITE 9 08:01:42 0 EOF\n2: FLOCK  ADVISORY  READ 1 fe:0a:77 0 EOF\n";
    expect(parseLocks(text)).toEqual([
      { pid: 3548, device: "8:1", inode: "1234567" },
      { pid: 1, device: "254:10", inode: "77" },
    ]);
  });
});

describe("lineLog", () => {
  test("writes one line a message, whatever the values hold", () => {
    const lines: string[] = [];
    const log = lineLog(
      (line) => lines.push(line),
      "info",
      () => new Date(0),
    );
    log.debug({}, "not shown");
    log.warn({ path: "/a/b", error: new Error("two\nlines"), list: [1] }, "Something.");
    expect(lines).toEqual(['1970-01-01T00:00:00.000Z warn Something. path=/a/b error="two\\nlines" list=[1]\n']);
  });
});

const LOCKS = existsSync("/proc/locks") && existsSync("/usr/bin/flock");
describe.skipIf(!LOCKS)(`isLocked${LOCKS ? "" : " (skipped: no /proc/locks or no flock)"}`, () => {
  test("sees the lock of another process", async () => {
    const path = join(directory, "lock");
    writeFileSync(path, "");
    expect(await isLocked([path, join(directory, "none")])).toBe(false);
    const stop = new AbortController();
    const holding = runPath("/usr/bin/flock", ["-x", path, "sleep", "30"], { ...limits, timeoutMs: 20_000, signal: stop.signal });
    await expect.poll(() => isLocked([path])).toBe(true);
    stop.abort();
    await expect(holding).rejects.toMatchObject({ reason: "stopped" });
  });
});
