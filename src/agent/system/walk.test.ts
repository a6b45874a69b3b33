import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readGoBuildInfo } from "../formats/go-build-info.ts";
import { withFileWindow } from "./file-window.ts";
import { findUserDirectories } from "./user-directories.ts";
import { parseUserHomes, userHomes } from "./users.ts";
import { walkFiles, type WalkOptions } from "./walk.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "muster-root-"));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function put(path: string, content = ""): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

async function walked(start: string, fields: Partial<WalkOptions> = {}): Promise<string[]> {
  const options = {
    depthMax: 5,
    budget: { entries: 1000 },
    signal: new AbortController().signal,
    wanted: () => true,
    ...fields,
  };
  const found: string[] = [];
  for await (const { path, link } of walkFiles(root, start, options)) found.push(link ? `${path} (link)` : path);
  return found.toSorted();
}

describe("walkFiles", () => {
  test("gives wanted files and links below a directory, to a depth, and enters no link", async () => {
    put("/opt/a/b/c/deep.jar");
    put("/opt/a/x.jar");
    put("/opt/a/x.txt");
    symlinkSync("..", join(root, "/opt/a/up"));
    symlinkSync("x.jar", join(root, "/opt/a/y.jar"));
    const wanted = (name: string) => name.endsWith(".jar");
    expect(await walked("/opt", { wanted })).toEqual(["/opt/a/b/c/deep.jar", "/opt/a/x.jar", "/opt/a/y.jar (link)"]);
    expect(await walked("/opt", { wanted, depthMax: 2 })).toEqual(["/opt/a/x.jar", "/opt/a/y.jar (link)"]);
    expect(await walked("/nowhere")).toEqual([]);
  });

  test("leaves the kernel's files alone, whatever is configured", async () => {
    put("/proc/1/exe");
    put("/sys/x");
    put("/srv/proc/y");
    expect(await walked("/")).toEqual(["/srv/proc/y"]);
  });

  test("a search that would look at too much fails as a whole and says where", async () => {
    for (let i = 0; i < 20; i++) put(`/srv/many/${i}`);
    await expect(walked("/srv", { budget: { entries: 10 } })).rejects.toMatchObject({
      reason: "too_large",
      message: expect.stringContaining("/srv/many"),
    });
    await expect(walked("/srv", { signal: AbortSignal.abort() })).rejects.toMatchObject({ reason: "timeout" });
  });

  // Another file system that every Linux has.
  test.skipIf(!existsSync("/dev/shm"))("does not enter another file system", async () => {
    const found: string[] = [];
    const options = { depthMax: 2, budget: { entries: 10_000 }, signal: new AbortController().signal, wanted: () => true };
    const shared = mkdtempSync("/dev/shm/muster-");
    writeFileSync(join(shared, "file"), "");
    for await (const { path } of walkFiles("", "/dev", options)) found.push(path);
    for await (const { path } of walkFiles("", shared, options)) found.push(path);
    rmSync(shared, { recursive: true });
    expect(found.filter((path) => path.endsWith("/file"))).toEqual([join(shared, "file")]);
  });
});

describe("who may not read", () => {
  // The tests' own process gives up its rights for a moment; an ordinary user has none to give up.
  const asRoot = process.geteuid?.() === 0;
  async function asNobody<T>(run: () => Promise<T>): Promise<T> {
    if (asRoot) process.seteuid?.(65_534);
    try {
      return await run();
    } finally {
      if (asRoot) process.seteuid?.(0);
    }
  }

  test("gets what is open to all, and no error for the rest", async () => {
    put("/opt/open/x", "x");
    put("/opt/closed/y", "y");
    const { chmodSync } = await import("node:fs");
    chmodSync(root, 0o755);
    chmodSync(join(root, "/opt/closed"), 0o000);
    put("/opt/open/secret", "z");
    chmodSync(join(root, "/opt/open/secret"), 0o000);
    const { files, secret } = await asNobody(async () => ({
      files: await walked("/opt"),
      secret: await withFileWindow(join(root, "/opt/open/secret"), (file) => Promise.resolve(file.size)),
    }));
    chmodSync(join(root, "/opt/closed"), 0o755);
    expect(files).toEqual(["/opt/open/secret", "/opt/open/x"]);
    expect(secret).toBeNull();
  });
});

describe("withFileWindow", () => {
  test("reads where it is asked to, up to the end, and tells paths of one file from others", async () => {
    put("/a", "0123456789");
    symlinkSync("a", join(root, "/link"));
    put("/b", "0123456789");
    const read = (name: string) =>
      withFileWindow(join(root, name), async (file) => ({
        text: (await file.read(7, 100)).toString(),
        size: file.size,
        identity: file.identity,
      }));
    const [a, link, b] = [await read("/a"), await read("/link"), await read("/b")];
    expect(a).toMatchObject({ text: "789", size: 10 });
    expect(link?.identity).toBe(a?.identity);
    expect(b?.identity).not.toBe(a?.identity);
    expect([await read("/missing"), await read("/")]).toEqual([null, null]);
  });

  test("a device without end is not read", async () => {
    expect(await withFileWindow("/dev/zero", readGoBuildInfo)).toBeNull();
  });
});

describe("userHomes", () => {
  const PASSWD = [
    "root:x:0:0:root:/root:/bin/bash",
    "www-data:x:33:33::/var/www:/usr/sbin/nologin",
    "ada:x:1000:1000:Ada,,,:/home/ada:/bin/bash",
    "twin:x:1001:1001::/home/ada:/bin/bash",
    "noshell:x:1002:1002::/home/noshell",
    "nobody:x:65534:65534::/nonexistent:/bin/sh",
    "broken",
    "",
  ].join("\n");

  test("are those of accounts with a shell, each directory once", () => {
    expect(parseUserHomes(PASSWD)).toEqual([
      { user: "root", home: "/root" },
      { user: "ada", home: "/home/ada" },
      { user: "noshell", home: "/home/noshell" },
    ]);
  });

  test("are named by their directories on macOS and Windows", async () => {
    put("/Users/ada/x");
    put("/Users/Shared/x");
    put("/Users/Public/x");
    expect(await userHomes(root, "darwin")).toEqual([
      { user: "Public", home: "/Users/Public" },
      { user: "ada", home: "/Users/ada" },
    ]);
    expect((await userHomes(root, "windows")).map(({ user }) => user)).toContain("ada");
  });

  test("of many directories that do not exist, the first missing one is what is watched", async () => {
    put("/etc/passwd", "ada:x:1:1::/home/ada:/bin/sh\n");
    put("/home/ada/.config/x");
    const table = [{ product: "tool", linux: [".config/a/b/c", ".config/a/d", ".var/app/x/y", ".var/app/*/z"] }];
    const { found, markers } = await findUserDirectories(root, "debian", table);
    expect({ found, markers }).toEqual({ found: [], markers: ["/home/ada/.config/a", "/home/ada/.var"] });
  });

  test("a table of directories is looked up in each of them, by platform", async () => {
    put("/etc/passwd", "ada:x:1:1::/home/ada:/bin/sh\nbob:x:2:2::/home/bob:/bin/sh\n");
    put("/home/ada/.tool-2/x/y");
    put("/home/bob/.tool/y");
    const table = [
      { product: "tool", linux: [".tool", ".tool-*/x"], darwin: ["Library/tool"] },
      { product: "mac", darwin: ["."] },
    ];
    const { found, markers } = await findUserDirectories(root, "fedora", table);
    expect(found).toEqual([
      { product: "tool", user: "ada", path: "/home/ada/.tool-2/x" },
      { product: "tool", user: "bob", path: "/home/bob/.tool" },
    ]);
    expect(markers).toEqual(["/home/ada/.tool", "/home/ada", "/home/bob/.tool", "/home/bob"]);
    expect(await findUserDirectories(root, "chrome", table)).toEqual({ found: [], markers: [] });
  });
});
