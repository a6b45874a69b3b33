import { bufferSource, FormatError, type ByteSource } from "./byte-source.ts";
import { readZipMember, readZipMembers, storedMember, type ZipMember } from "./zip.ts";

/** What an archive says about itself, and about what was merged into it. */
export interface JavaArchive {
  /** The file's path; members of members behind `!/`, as Java writes it: `/opt/app.war!/WEB-INF/lib/log4j-core.jar`. */
  path: string;
  /** Texts of all `META-INF/maven/<group>/<artifact>/pom.properties`. */
  poms: string[];
  /** Text of `META-INF/MANIFEST.MF`; null when it has none or could not be read. */
  manifest: string | null;
}

/** What reading one file with all that is inside of it may still cost. */
interface Budget {
  archives: number;
  inflatedBytes: number;
}

const ARCHIVE = /\.(?:jar|war|ear|hpi|jpi)$/i;
const POM = /^META-INF\/maven\/[^/]+\/[^/]+\/pom\.properties$/;
const MANIFEST = "META-INF/MANIFEST.MF";
const TEXT_BYTES_MAX = 256 * 1024;
const MANIFEST_BYTES_MAX = 2 * 1024 * 1024;
const POMS_MAX = 2000;
/** An ear holds wars, which hold jars, which may hold jars. */
const DEPTH_MAX = 3;
/** Of one compressed archive inside another; those that are stored, as Spring's are, are read in place at any size. */
const NESTED_BYTES_MAX = 32 * 1024 * 1024;
const ARCHIVES_MAX = 5000;
const INFLATED_BYTES_MAX = 1024 * 1024 * 1024;

export function isJavaArchive(name: string): boolean {
  return ARCHIVE.test(name);
}

/**
 * Reads a jar, war or ear with the archives inside it, some levels deep. One inside that is damaged, encrypted or too large is named
 * without what it would say. null when the file itself is no archive.
 *
 * @throws the system's error when reading fails
 */
export async function readJavaArchive(source: ByteSource, path: string): Promise<JavaArchive[] | null> {
  const archives: JavaArchive[] = [];
  const budget = { archives: ARCHIVES_MAX, inflatedBytes: INFLATED_BYTES_MAX };
  const readable = await readOne({ source, path, depth: 0 }, budget, archives);
  return readable ? archives : null;
}

interface Level {
  source: ByteSource;
  path: string;
  depth: number;
}

/** @returns false when it is no archive or its directory is damaged */
async function readOne(level: Level, budget: Budget, archives: JavaArchive[]): Promise<boolean> {
  const { source, path, depth } = level;
  const wanted = (name: string) => name === MANIFEST || POM.test(name) || (depth < DEPTH_MAX && ARCHIVE.test(name));
  const members = await quietly(() => readZipMembers(source, wanted));
  if (members === null) return false;
  archives.push(await describe(source, path, members));
  for (const member of members) {
    if (!ARCHIVE.test(member.name)) continue;
    if (--budget.archives < 0) break;
    await readNested(level, member, budget, archives);
  }
  return true;
}

async function describe(source: ByteSource, path: string, members: ZipMember[]): Promise<JavaArchive> {
  const poms: string[] = [];
  for (const member of members.filter(({ name }) => POM.test(name)).slice(0, POMS_MAX)) {
    const pom = await quietly(() => readZipMember(source, member, TEXT_BYTES_MAX));
    if (pom !== null) poms.push(pom.toString("utf8"));
  }
  const member = members.find(({ name }) => name === MANIFEST);
  const manifest = member && (await quietly(() => readZipMember(source, member, MANIFEST_BYTES_MAX)));
  return { path, poms, manifest: manifest?.toString("utf8") ?? null };
}

async function readNested(outer: Level, member: ZipMember, budget: Budget, archives: JavaArchive[]): Promise<void> {
  const path = `${outer.path}!/${member.name}`;
  const inner = await quietly(async () => (await storedMember(outer.source, member)) ?? inflate(outer.source, member, budget));
  const readable = inner !== null && (await readOne({ source: inner, path, depth: outer.depth + 1 }, budget, archives));
  if (!readable) archives.push({ path, poms: [], manifest: null });
}

async function inflate(source: ByteSource, member: ZipMember, budget: Budget): Promise<ByteSource> {
  const bytes = await readZipMember(source, member, Math.min(NESTED_BYTES_MAX, Math.max(0, budget.inflatedBytes)));
  budget.inflatedBytes -= bytes.length;
  return bufferSource(bytes);
}

/** null for what is not as its format says; damage costs only what is damaged. */
async function quietly<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof FormatError || error instanceof RangeError) return null;
    throw error;
  }
}
