import type { SoftwareEntry } from "#domain/software/software.ts";
import { isJavaArchive, readJavaArchive } from "../../formats/java-archive.ts";
import { findFiles, searchStarts } from "../find-files.ts";
import { checkRows } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { archiveEntries } from "./parse.ts";

/** Where application servers, distributions and people put archives; searched with what is below. */
const TREES = [
  "/opt",
  "/srv",
  "/usr/share/java",
  "/usr/local/share/java",
  "/usr/local/lib",
  "/usr/share/*/lib",
  "/usr/share/tomcat*",
  "/usr/share/jetty*",
  "/usr/share/jenkins",
  "/var/lib/tomcat*",
  "/var/lib/jetty*",
  "/var/lib/jenkins/plugins",
  "/Library/Java/Extensions",
];
const DEPTH_MAX = 10;
/** The shortest zip archive. */
const ARCHIVE_BYTES_MIN = 22;

/** The libraries in the Java archives of this device: jar, war and ear files with what is inside of them. */
export async function collectJavaArchives(context: CollectContext): Promise<Collected> {
  const starts = await searchStarts(context.root, [...TREES, ...(context.roots ?? [])], DEPTH_MAX);
  const rows = new Map<string, SoftwareEntry>();
  const { markers } = await findFiles(context, {
    starts,
    wanted: isJavaArchive,
    bytesMin: ARCHIVE_BYTES_MIN,
    read: async (file, path) => {
      const archives = await readJavaArchive(file, path);
      for (const entry of archives?.flatMap(archiveEntries) ?? []) add(rows, entry);
      return archives === null ? null : true;
    },
  });
  return { entries: [...rows.values()], markers };
}

/** Merged at once: a server's applications share most of their libraries. */
function add(rows: Map<string, SoftwareEntry>, entry: SoftwareEntry): void {
  const key = `${entry.name}\n${entry.version}`;
  const known = rows.get(key);
  if (known === undefined) rows.set(key, entry);
  else known.installed_paths.push(...entry.installed_paths);
  checkRows(rows.size);
}
