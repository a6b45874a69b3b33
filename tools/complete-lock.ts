/**
 * `node tools/complete-lock.ts`: adds to package-lock.json what npm leaves out of it: packages that other packages want for other
 * platforms only ("optional"), when npm could not see them while it wrote the file. `npm ci` refuses a lock without them.
 * They get no checksum, as nobody here downloaded them; the platform is read from their names, as these packages are named.
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

interface LockEntry {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const PATH = fileURLToPath(new URL("../package-lock.json", import.meta.url));
const PLATFORM =
  /(?:binding-)?(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x)(?:-(\w+))?$/;

const lock = JSON.parse(await readFile(PATH, "utf8")) as { packages: Record<string, LockEntry> };
const added: string[] = [];
for (const parent of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    if (Object.keys(lock.packages).some((path) => path.endsWith(`node_modules/${name}`))) continue;
    lock.packages[`node_modules/${name}`] = entryOf(name, version, parent);
    added.push(name);
  }
}
const byName = Object.entries(lock.packages).toSorted(([a], [b]) => a.localeCompare(b, "en"));
lock.packages = Object.fromEntries(byName);
if (added.length > 0) await writeFile(PATH, `${JSON.stringify(lock, null, 2)}\n`);
console.log(added.length === 0 ? "package-lock.json is complete." : `added ${added.length} packages: ${added.join(", ")}`);

function entryOf(name: string, version: string, parent: LockEntry): LockEntry {
  const [, os = "", cpu = "", abi = ""] = PLATFORM.exec(name) ?? [];
  if (os === "" || !/^\d+\.\d+\.\d+/.test(version)) throw new Error(`cannot tell the platform or version of ${name}@${version}`);
  const libc = os === "linux" && abi !== "" ? { libc: [abi.startsWith("musl") ? "musl" : "glibc"] } : {};
  return { version, cpu: [cpu], ...(parent.dev === true ? { dev: true } : {}), ...libc, optional: true, os: [os] };
}
