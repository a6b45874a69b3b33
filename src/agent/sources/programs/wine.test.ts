import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ProgramError } from "../../system/exec.ts";
import { createRegistry } from "../../system/registry.windows.ts";
import { collectPrograms } from "./collect.windows.ts";

/** The collector against a real registry and a real reg.exe, which Wine has; with the rows of the shared Windows images. */

const WINE = "/usr/bin/wine";
const IMAGES = join(process.env["MUSTER_SHARED_DIR"] ?? join(import.meta.dirname, "../../../../../shared"), "data/inventories");
const lacks = [WINE, IMAGES].find((path) => !existsSync(path));
/** Parts of Windows that a new registry need not be set up for: .NET, HTML, menus. */
const NOT_NEEDED = "mscoree,mshtml,winemenubuilder.exe=";
const UNINSTALL = String.raw`SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall`;

interface Row {
  name: string;
  version: string;
  publisher: string;
  install_location: string;
}

function rowsOf(image: string): Row[] {
  const { tables } = JSON.parse(readFileSync(join(IMAGES, `${image}.json`), "utf8")) as { tables: { programs: Row[] } };
  return tables.programs;
}

/** A text that reg.exe imports, with one key for each row. */
function registryFile(parent: string, rows: Row[]): Buffer {
  const line = (name: string, value: string) =>
    value === "" ? [] : [`"${name}"="${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`];
  const keys = rows.flatMap((row, i) => [
    `[${parent}\\${i}]`,
    ...line("DisplayName", row.name),
    ...line("DisplayVersion", row.version),
    ...line("Publisher", row.publisher),
    ...line("InstallLocation", row.install_location),
    "",
  ]);
  const text = ["Windows Registry Editor Version 5.00", "", ...keys].join("\r\n");
  return Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);
}

describe.skipIf(lacks !== undefined)(
  `programs in a real registry${lacks === undefined ? "" : ` (skipped: ${lacks} is missing)`}`,
  () => {
    let directory: string;
    let env: NodeJS.ProcessEnv;

    /** Wine's own reg.exe; it knows Linux's files as drive Z. */
    async function reg(args: readonly string[]): Promise<string> {
      const named = args.map((arg) =>
        arg.startsWith("/tmp/") || arg.startsWith(directory) ? `Z:${arg.replaceAll("/", "\\")}` : arg,
      );
      if ((await runToFile(WINE, ["reg", ...named])) !== 0) throw new ProgramError("failed", `reg ${args.join(" ")} failed`);
      return readFileSync(join(directory, "output"), "utf8");
    }

    /** Into a file, not a pipe: Wine's own services inherit a pipe and would keep it open long after the program's end. */
    async function runToFile(program: string, args: readonly string[]): Promise<unknown> {
      const output = openSync(join(directory, "output"), "w");
      const [code] = (await once(spawn(program, args, { env, stdio: ["ignore", output, output] }), "exit")) as unknown[];
      closeSync(output);
      return code;
    }

    async function importRows(parent: string, rows: Row[]): Promise<void> {
      const file = join(directory, "import.reg");
      writeFileSync(file, registryFile(parent, rows));
      await reg(["import", file]);
    }

    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), "muster-wine-"));
      env = {
        PATH: process.env["PATH"],
        HOME: directory,
        WINEPREFIX: join(directory, "prefix"),
        WINEDEBUG: "-all",
        WINEDLLOVERRIDES: NOT_NEEDED,
      };
      await reg(["query", "HKEY_USERS"]);
      // otherwise Wine starts all of Windows again for each call that comes a while after the last
      // (for a minute: should this process be killed it ends by itself)
      await runToFile("/usr/bin/wineserver", ["-p60"]);
      await importRows(`HKEY_LOCAL_MACHINE\\${UNINSTALL}`, rowsOf("windows-xp-glpi"));
      const wow = String.raw`HKEY_LOCAL_MACHINE\SOFTWARE\Wow6432Node\Microsoft\Windows\CurrentVersion\Uninstall`;
      await importRows(wow, rowsOf("windows-10-japanese-vuls"));
      const [sid] = (await createRegistry(reg).subkeysOf("HKEY_USERS", "64", AbortSignal.timeout(60_000))).filter((path) =>
        /S-1-5-21[-\d]+$/.test(path),
      );
      await importRows(`${sid}\\${UNINSTALL}`, rowsOf("windows-11-rudder"));
    }, 120_000);
    afterAll(async () => {
      await runToFile("/usr/bin/wineserver", ["-k"]);
      rmSync(directory, { recursive: true, force: true });
    });

    test("every row with a name comes back exactly, from both views and the user's key", async () => {
      const context = { root: "", platform: "windows", signal: AbortSignal.timeout(120_000) };
      const { entries } = await collectPrograms(context, createRegistry(reg));
      const expected = ["windows-xp-glpi", "windows-10-japanese-vuls", "windows-11-rudder"]
        .flatMap(rowsOf)
        .filter((row) => row.name !== "");
      const wanted = expected.map((row) => JSON.stringify([row.name, row.version, row.publisher, row.install_location]));
      // the user's hive looks the same from both views, so its rows come twice; ingestion makes one of them
      const found = new Set(entries.map((e) => JSON.stringify([e.name, e.version, e.vendor, e.installed_paths[0] ?? ""])));
      const missing = wanted.filter((row) => !found.has(row));
      expect(missing).toEqual([]);
      const extra = [...found].filter((row) => !wanted.includes(row) && !row.includes("Wine"));
      expect(extra).toEqual([]);
      expect(found.size).toBeGreaterThan(500);
    }, 120_000);

    test("a key that is not there is empty, not an error", async () => {
      const signal = AbortSignal.timeout(60_000);
      expect(await createRegistry(reg).exportKey(String.raw`HKEY_LOCAL_MACHINE\SOFTWARE\Nowhere\At\All`, "64", signal)).toEqual(
        [],
      );
    }, 60_000);
  },
);
