import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import type { SignatureInformation, SoftwareEntry } from "#domain/software/software.ts";
import { fileMark, isForbidden, isMissing, listDirectory, readBytes } from "../../system/files.ts";
import { ProgramError, runProgram } from "../../system/exec.ts";
import { darwinHomes } from "../../system/homes.darwin.ts";
import { checkRows, checkTime } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { executablePath, parseApp, parseCodesign, parseLastUsed } from "./parse.ts";

/** Where macOS and people put applications; searched below, but never inside an application (reference osquery-remote.md §10). */
const FOLDERS = ["/Applications", "/System/Applications", "/System/Library/CoreServices", "/Library/Application Support"];
const HOME_FOLDERS = ["/Applications", "/Library/Application Support"];
const DEPTH_MAX = 4;
const INFO_BYTES_MAX = 4 * 1024 * 1024;
const EXECUTABLE_BYTES_MAX = 1024 * 1024 * 1024;
const PATHS_PER_CALL = 100;

interface App {
  entry: SoftwareEntry;
  path: string;
  executable: string;
}

/** What is known of an application's signature, kept while its program stays the same file: asking is slow. */
const signatures = new Map<string, { mark: string; signature: SignatureInformation | null }>();

/** The applications of this Mac: names, versions, signatures and when they were last opened. */
export async function collectApps(context: CollectContext): Promise<Collected> {
  const folders = [...FOLDERS, ...(await darwinHomes(context.root)).flatMap((home) => HOME_FOLDERS.map((f) => `${home}${f}`))];
  const apps: App[] = [];
  for (const folder of folders) await findApps(context, folder, DEPTH_MAX, apps);
  await addLastOpened(context, apps);
  for (const app of apps) await addSignature(context, app);
  return { entries: apps.map((app) => app.entry), markers: folders };
}

async function findApps(context: CollectContext, folder: string, depth: number, found: App[]): Promise<void> {
  checkTime(context.signal);
  for (const item of await listDirectory(join(context.root, folder))) {
    if (!item.isDirectory()) continue;
    const path = `${folder}/${item.name}`;
    if (item.name.endsWith(".app")) {
      const app = await readApp(context, path);
      if (app !== null) found.push(app);
      checkRows(found.length);
    } else if (depth > 0) await findApps(context, path, depth - 1, found);
  }
}

/** Null for a folder that only looks like an application: without an Info.plist, or with one that cannot be read. */
async function readApp({ root }: CollectContext, path: string): Promise<App | null> {
  try {
    const info = await readBytes(join(root, path, "Contents/Info.plist"), INFO_BYTES_MAX);
    return info === null ? null : { entry: parseApp(path, info), path, executable: executablePath(path, info) };
  } catch (error) {
    if (isForbidden(error) || (error instanceof Error && error.name === "PlistError")) return null;
    throw error;
  }
}

async function addLastOpened(context: CollectContext, apps: App[]): Promise<void> {
  for (let i = 0; i < apps.length; i += PATHS_PER_CALL) {
    const batch = apps.slice(i, i + PATHS_PER_CALL);
    const args = ["-raw", "-name", "kMDItemLastUsedDate", ...batch.map((app) => join(context.root, app.path))];
    const times = parseLastUsed(await outputOrNothing("mdls", args, "stdout", context));
    // with Spotlight off it says nothing, and which date belongs to which file is then unknown
    if (times.length === batch.length) for (const [n, app] of batch.entries()) app.entry.last_opened_at = times[n] ?? null;
  }
}

async function addSignature(context: CollectContext, app: App): Promise<void> {
  checkTime(context.signal);
  if (app.executable === "") return;
  const mark = await fileMark(join(context.root, app.executable));
  const known = signatures.get(app.path);
  if (known?.mark !== mark) signatures.set(app.path, { mark, signature: await readSignature(context, app) });
  const signature = signatures.get(app.path)?.signature ?? null;
  if (signature !== null) app.entry.signature_information = [signature];
}

async function readSignature(context: CollectContext, { path, executable }: App): Promise<SignatureInformation | null> {
  const args = ["--display", "--verbose=4", join(context.root, path)];
  const signed = parseCodesign(await outputOrNothing("codesign", args, "stderr", context));
  const executable_sha256 = await sha256Of(join(context.root, executable), context.signal);
  if (signed === null && executable_sha256 === "") return null;
  return {
    installed_path: path,
    team_identifier: signed?.team_identifier ?? "",
    hash_sha256: signed?.hash_sha256 ?? "",
    executable_sha256,
    executable_path: executable,
  };
}

/** "" for what is missing, unreadable or too large to be read every time it changes. */
async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path, { signal })) {
      bytes += (chunk as Buffer).length;
      if (bytes > EXECUTABLE_BYTES_MAX) return "";
      hash.update(chunk as Buffer);
    }
  } catch (error) {
    checkTime(signal);
    if (isMissing(error) || isForbidden(error)) return "";
    throw error;
  }
  return hash.digest("hex");
}

/** A program's output; "" when it fails: what it says is an addition, the application is there without it. */
async function outputOrNothing(
  program: "mdls" | "codesign",
  args: string[],
  stream: "stdout" | "stderr",
  { signal }: CollectContext,
): Promise<string> {
  try {
    return await runProgram(program, args, { timeoutMs: 20_000, outputBytesMax: 1024 * 1024, signal, stream });
  } catch (error) {
    checkTime(signal);
    if (error instanceof ProgramError) return "";
    throw error;
  }
}
