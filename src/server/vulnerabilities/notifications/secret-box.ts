import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import { chmod, link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Keeps secrets that must be read again, which a hash could not do. */
export interface SecretBox {
  seal(secret: string): Promise<string>;
  /** What was stored before secrets were sealed is given back as it is. @throws {Error} in words, when its key is not known any more */
  open(stored: string): Promise<string>;
  /** What begins with this is sealed with the present key. */
  currentPrefix(): Promise<string>;
}

/** What sealed secrets begin with; the key's id follows. */
export const SEALED = "sealed:v1:";
const KEY_FILE = "secret.keys";
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Bound to its use: a text that was sealed for something else does not open here. */
const USE = "muster signing secrets";

interface Key {
  id: string;
  bytes: Buffer;
}

/**
 * Seals with AES-256-GCM. The first key seals; the others open what was sealed before it became the first.
 *
 * @param given keys of the configuration; null: those of a file in the data directory, made at first use, for its owner alone
 */
export function createSecretBox(given: readonly string[] | null, dataDir: string): SecretBox {
  let keys: Promise<Key[]> | undefined;
  const known = (): Promise<Key[]> => {
    // a failure is not remembered: the file may be mended meanwhile
    keys ??= (given === null ? readKeyFile(join(dataDir, KEY_FILE), dataDir) : Promise.resolve([...given]))
      .then((texts) => texts.map(keyOf))
      .catch((error: unknown) => {
        keys = undefined;
        throw error;
      });
    return keys;
  };
  return {
    async seal(secret) {
      const [key] = await known();
      if (key === undefined) throw new Error("There is no key to seal secrets with: set MUSTER_SECRET_KEYS.");
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key.bytes, iv).setAAD(Buffer.from(USE));
      const text = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
      return `${SEALED}${key.id}:${Buffer.concat([iv, cipher.getAuthTag(), text]).toString("base64url")}`;
    },
    async open(stored) {
      if (!stored.startsWith(SEALED)) return stored;
      const [id = "", sealed = ""] = stored.slice(SEALED.length).split(":");
      const key = (await known()).find((one) => one.id === id);
      const where = given === null ? join(dataDir, KEY_FILE) : "MUSTER_SECRET_KEYS";
      if (key === undefined) {
        throw new Error(
          `The secret was sealed with the key ${id}, which ${where} does not have: add that key, or set a new secret.`,
        );
      }
      return unsealed(Buffer.from(sealed, "base64url"), key);
    },
    async currentPrefix() {
      const [key] = await known();
      return `${SEALED}${key?.id ?? ""}:`;
    },
  };
}

function unsealed(sealed: Buffer, key: Key): string {
  try {
    const decipher = createDecipheriv("aes-256-gcm", key.bytes, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(USE))
      .setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString("utf8");
  } catch {
    throw new Error("The stored secret was changed since it was sealed: set a new one.");
  }
}

function keyOf(text: string): Key {
  const bytes = Buffer.from(hkdfSync("sha256", text, "", USE, 32));
  return { bytes, id: createHash("sha256").update(bytes).digest("hex").slice(0, 8) };
}

/** One key a line, the present one first. */
async function readKeyFile(path: string, directory: string): Promise<string[]> {
  await makeKeyFile(path, directory);
  if (((await stat(path)).mode & 0o077) !== 0) {
    throw new Error(`Others can read ${path}: run chmod 600 ${path}, and set new signing secrets.`);
  }
  const keys = (await readFile(path, "utf8")).split("\n").map((line) => line.trim());
  const found = keys.filter((line) => line !== "" && !line.startsWith("#"));
  if (found.length === 0) throw new Error(`There is no key in ${path}: bring it back from a backup, or delete it for a new one.`);
  return found;
}

/** Makes the file whole or not at all: another process may look for it in the same moment. */
async function makeKeyFile(path: string, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  if (await exists(path)) return;
  const fresh = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  try {
    await writeFile(fresh, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
    await chmod(fresh, 0o600);
    await link(fresh, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    await rm(fresh, { force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
