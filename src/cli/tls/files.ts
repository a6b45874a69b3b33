import { chmod, mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CliError, EXIT } from "../exit-codes.ts";
import type { KeyedCertificate } from "./certificates.ts";

/** Absolute paths of what `muster tls` makes. */
export interface TlsFiles {
  directory: string;
  caCertificate: string;
  caKey: string;
  certificate: string;
  key: string;
}

const PRIVATE = 0o600;
const PUBLIC = 0o644;

export function tlsFiles(directory: string): TlsFiles {
  return {
    directory,
    caCertificate: join(directory, "ca.pem"),
    caKey: join(directory, "ca-key.pem"),
    certificate: join(directory, "server.pem"),
    key: join(directory, "server-key.pem"),
  };
}

/** Those of the four files that exist. */
export async function existingFiles(files: TlsFiles): Promise<string[]> {
  const paths = [files.caCertificate, files.caKey, files.certificate, files.key];
  const exist = await Promise.all(paths.map(async (path) => (await stat(path).catch(() => null)) !== null));
  return paths.filter((_, i) => exist[i]);
}

/** @throws {CliError} when one of the two cannot be read. */
export async function readAuthority(files: TlsFiles): Promise<KeyedCertificate> {
  return { certificate: await readPem(files.caCertificate), key: await readPem(files.caKey) };
}

/** @throws {CliError} when it cannot be read. */
export async function readServerCertificate(files: TlsFiles): Promise<string> {
  return readPem(files.certificate);
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new CliError(EXIT.failure, `Cannot read ${path}: ${(error as Error).message}.`, error);
  }
}

/**
 * Writes the server's pair, and the CA's when it is new. Each file is whole at every moment, and a key is never readable to others,
 * not even for a moment.
 *
 * @throws {CliError} when the directory cannot be written.
 */
export async function writePairs(files: TlsFiles, server: KeyedCertificate, authority: KeyedCertificate | null): Promise<void> {
  try {
    await mkdir(files.directory, { recursive: true, mode: 0o700 });
    if (authority !== null) {
      await writeWhole(files.caKey, authority.key, PRIVATE);
      await writeWhole(files.caCertificate, authority.certificate, PUBLIC);
    }
    await writeWhole(files.key, server.key, PRIVATE);
    await writeWhole(files.certificate, server.certificate, PUBLIC);
  } catch (error) {
    throw new CliError(EXIT.failure, `Cannot write to ${files.directory}: ${(error as Error).message}.`, error);
  }
}

async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const fresh = `${path}.${process.pid}.new`;
  await writeFile(fresh, text, { mode: PRIVATE });
  await chmod(fresh, mode);
  await rename(fresh, path);
}
