import { join } from "node:path";
import { markDistributionLibraries } from "#domain/software/package-facts.ts";
import { namePythonPackages } from "#domain/software/python-homonyms.ts";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { linkTarget, listDirectory, readStart } from "../../system/files.ts";
import { matchDirectories } from "../../system/glob.ts";
import { accounts, homeDirectories, homeOwner } from "../../system/homes.ts";
import { WALK_ENTRIES_MAX, walkFiles } from "../../system/walk.ts";
import { DEB_MARKERS, installedDebs } from "../deb_packages/collect.ts";
import { checkRows, checkTime } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { metadataFile, parsePythonMetadata } from "./parse.ts";

/** Installations of the whole machine: osquery's directories, /usr/lib64, and what is unpacked below /opt. */
const SYSTEM_SITES = [
  "/usr/lib",
  "/usr/lib64",
  "/usr/local/lib",
  "/usr/local/lib64",
  "/opt/*/lib",
  "/opt/*/lib64",
  "/opt/*/versions/*/lib",
  "/usr/local/*/versions/*/lib",
].flatMap((lib) => [`${lib}/python*/dist-packages`, `${lib}/python*/site-packages`]);

/** The same on macOS: Apple's own, those of python.org, and Homebrew's (osquery's directories). */
const DARWIN_SITES = [
  "/Library/Python/*/lib/python/site-packages",
  "/Library/Python/*/site-packages",
  "/Library/Frameworks/Python.framework/Versions/*/lib/python*/site-packages",
  "/System/Library/Frameworks/Python.framework/Versions/*/lib/python*/site-packages",
  "/opt/homebrew/lib/python*/site-packages",
  "/usr/local/lib/python*/site-packages",
];

/** Installations of one user, below the home directory: pyenv's and `pip install --user`. */
const USER_SITES = ["/.pyenv/versions/*/lib/python*/site-packages", "/.local/lib/python*/site-packages"];
const DARWIN_USER_SITES = ["/.pyenv/versions/*/lib/python*/site-packages", "/Library/Python/*/lib/python/site-packages"];

/** Name and version stand at the top of a metadata file, which may go on with the whole README. */
const HEADER_BYTES = 4096;

/** The file that makes a directory a virtual environment (PEP 405). */
const ENVIRONMENT_FILE = "pyvenv.cfg";
const ENVIRONMENT_SITES = ["/lib/python*/site-packages", "/lib64/python*/site-packages"];
const ROOT_DEPTH = 12;
const wanted = (name: string) => name === ENVIRONMENT_FILE;
const enter = (name: string) => name !== "node_modules" && name !== "site-packages" && name !== ".git";

/**
 * The Python distributions installed in the directories above and in virtual environments below the configured roots, with their
 * dist-info or egg-info directory as path; named by the distribution's rule where it carries Python packages itself
 * ({@link namePythonPackages}).
 */
export async function collectPythonPackages(context: CollectContext): Promise<Collected> {
  const sites = await siteDirectories(context);
  const entries: SoftwareEntry[] = [];
  for (const site of sites.found) {
    entries.push(...(await collectSite(context, site)));
    checkRows(entries.length);
  }
  const debs = new Set((await installedDebs(context)).map((stanza) => stanza.package));
  const named = namePythonPackages(context.platform, entries, debs);
  const environments = await environmentSites(context, sites.found);
  for (const site of environments) {
    // A virtual environment has its own copy, whether or not there is a deb of that name: only the naming is the same.
    named.push(...namePythonPackages(context.platform, await collectSite(context, site), new Set()));
    checkRows(named.length);
  }
  const known = await accounts(context.root, context.platform);
  return {
    entries: markDistributionLibraries(context.platform, named).map((entry) => ({
      ...entry,
      installed_by: homeOwner(known, entry.installed_paths[0] ?? ""),
    })),
    markers: [...sites.found, ...sites.searched, ...DEB_MARKERS, ...environments],
  };
}

/** Package directories of the virtual environments below the configured roots, without those that are known. */
async function environmentSites(context: CollectContext, known: readonly string[]): Promise<string[]> {
  const { root, signal } = context;
  const budget = { entries: WALK_ENTRIES_MAX };
  const found = new Set<string>();
  for (const start of context.roots ?? []) {
    for await (const file of walkFiles(root, start, { depthMax: ROOT_DEPTH, budget, signal, wanted, enter })) {
      const environment = file.path.slice(0, -ENVIRONMENT_FILE.length - 1);
      for (const sites of ENVIRONMENT_SITES) {
        // lib64 is a link to lib as a rule: one directory is searched by its own name only.
        if ((await linkTarget(join(root, environment, sites.split("/")[1] ?? ""))) !== null) continue;
        for (const path of (await matchDirectories(root, environment + sites)).found) found.add(path);
      }
    }
  }
  return [...found].filter((path) => !known.includes(path));
}

async function siteDirectories({ root, platform, signal }: CollectContext): Promise<{ found: string[]; searched: string[] }> {
  const homes = await homeDirectories(root, platform);
  const [system, user] = platform === "darwin" ? [DARWIN_SITES, DARWIN_USER_SITES] : [SYSTEM_SITES, USER_SITES];
  const patterns = [...system, ...homes.flatMap((home) => user.map((site) => `${home}${site}`))];
  const found = new Set<string>();
  const searched = new Set<string>();
  for (const pattern of patterns) {
    checkTime(signal);
    const matches = await matchDirectories(root, pattern);
    for (const path of matches.found) found.add(path);
    for (const path of matches.searched) searched.add(path);
  }
  return { found: [...found], searched: [...searched] };
}

async function collectSite({ root, signal }: CollectContext, site: string): Promise<SoftwareEntry[]> {
  const entries: SoftwareEntry[] = [];
  for (const item of await listDirectory(join(root, site))) {
    const file = metadataFile(item.name);
    if (file === null) continue;
    checkTime(signal);
    const path = `${site}/${item.name}`;
    const metadata = parsePythonMetadata(await readStart(join(root, path, file), HEADER_BYTES));
    if (metadata !== null) entries.push({ ...emptySoftwareEntry("python_packages"), ...metadata, installed_paths: [path] });
  }
  return entries;
}
