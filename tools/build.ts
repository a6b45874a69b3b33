import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/**
 * Builds what must be built: the web interface, into dist/web. Skipped when nothing it is made of has changed since, so that every
 * start can ask. The finished build is moved into place: an interrupted one leaves the old one as it was.
 */
const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** tools/bootstrap.cjs has the same list. */
const INPUTS = ["src/web", "src/client", "src/protocol", "src/domain", "vite.config.ts", "package-lock.json", "tools/build.ts"];
const OUTPUT = join(ROOT, "dist/web");
const STAMP = join(OUTPUT, ".inputs");
const COMPRESS_BYTES_MIN = 1024;
const COMPRESSED = /\.(js|css|html|svg|json|txt|woff)$/;

export async function buildWeb(options: { quiet: boolean }): Promise<void> {
  if (!existsSync(join(ROOT, "src/web/index.html"))) return;
  // the stamp's time says since when it is true: what changes during the build is newer
  const asOf = new Date();
  const inputs = await fingerprint();
  if ((await readFile(STAMP, "utf8").catch(() => null)) === inputs) {
    await utimes(STAMP, asOf, asOf);
    if (!options.quiet) console.log("The web interface is up to date.");
    return;
  }
  console.log("Building the web interface …");
  const startedAt = performance.now();
  const staging = `${OUTPUT}.${process.pid}.new`;
  try {
    const { build } = await import("vite");
    await build({
      configFile: join(ROOT, "vite.config.ts"),
      logLevel: "warn",
      build: { outDir: staging, emptyOutDir: true, reportCompressedSize: false },
    });
    await compressFiles(staging);
    await writeFile(join(staging, ".inputs"), inputs);
    await utimes(join(staging, ".inputs"), asOf, asOf);
    await mkdir(dirname(OUTPUT), { recursive: true });
    await rm(OUTPUT, { recursive: true, force: true });
    await rename(staging, OUTPUT);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  console.log(`Built the web interface in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`);
}

/** One hash over the names and contents of everything the build reads. */
async function fingerprint(): Promise<string> {
  const files = (await Promise.all(INPUTS.map((input) => filesBelow(join(ROOT, input))))).flat();
  const relevant = files.filter((file) => !/\.test\.tsx?$/.test(file)).toSorted();
  const hash = createHash("sha256");
  const contents = await Promise.all(relevant.map((file) => readFile(file)));
  for (const [index, file] of relevant.entries()) {
    hash.update(`${relative(ROOT, file)}\0${contents[index]?.length}\0`).update(contents[index] ?? "");
  }
  return hash.digest("hex");
}

async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => null);
  if (entries === null) return existsSync(path) ? [path] : [];
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** The server sends these instead of compressing on every request. */
async function compressFiles(folder: string): Promise<void> {
  const files = (await filesBelow(folder)).filter((file) => COMPRESSED.test(file));
  await Promise.all(
    files.map(async (file) => {
      const content = await readFile(file);
      if (content.length < COMPRESS_BYTES_MIN) return;
      const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
      await writeFile(`${file}.br`, await promisify(brotliCompress)(content, quality));
      await writeFile(`${file}.gz`, await promisify(gzip)(content, { level: 9 }));
    }),
  );
}

if (import.meta.main) {
  try {
    await buildWeb({ quiet: process.argv.includes("--quiet") });
  } catch (error) {
    console.error(`The web interface could not be built: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
