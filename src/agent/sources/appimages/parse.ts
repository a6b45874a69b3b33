import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";

/** Bytes of a file's begin that tell an AppImage. */
export const MAGIC_BYTES = 20;

/** Architectures by the number of an ELF header's `e_machine`. */
const MACHINES = new Map([
  [0x03, "i386"],
  [0x28, "arm"],
  [0x3e, "x86_64"],
  [0xb7, "aarch64"],
  [0xf3, "riscv64"],
]);

/**
 * The architecture of an AppImage: an ELF program with `AI` and its type, 1 or 2, at offset 8 (AppImage specification, "AppImage
 * format"). "" for an architecture without a name here; null for what is no AppImage.
 */
export function appImageArch(start: Buffer): string | null {
  if (start.length < MAGIC_BYTES || start.readUInt32BE(0) !== 0x7f454c46) return null;
  if (start.toString("latin1", 8, 10) !== "AI" || (start[10] !== 1 && start[10] !== 2)) return null;
  const machine = start[5] === 2 ? start.readUInt16BE(18) : start.readUInt16LE(18);
  return MACHINES.get(machine) ?? "";
}

const EXTENSION = /\.appimage$/i;
const ARCH = /[-_.](?:x86_64|x86-64|amd64|x64|i[3-6]86|ia32|aarch64|arm64|armhf|armv7l?|linux(?:64|32)?)$/i;
/** AppImageLauncher puts a hash of the content at the end: it would make every download of a file another name. */
const HASH = /_[0-9a-f]{32}$/i;
/** The first part that begins with a digit after a sign, with an optional `v`, to the end. */
const VERSION = /^(.+?)[-_. ]v?(\d[\w.+~]*(?:[-_.][\w.+~]+)*)$/;

/**
 * Name and version by the file's name, in the form that the AppImage documentation asks for: `<name>-<version>-<arch>.AppImage`.
 * The version is "" when the name has none. The name must not change, as it is the software's identity.
 */
export function appImageName(fileName: string): { name: string; version: string } {
  let stem = fileName.replace(EXTENSION, "").replace(HASH, "");
  while (ARCH.test(stem)) stem = stem.replace(ARCH, "");
  const match = VERSION.exec(stem);
  if (match === null) return { name: stem, version: "" };
  return { name: match[1] ?? stem, version: match[2] ?? "" };
}

/**
 * What a desktop entry says of an AppImage that it starts: its version, put there by those who integrate AppImages
 * (`X-AppImage-Version`, AppImage specification), by the path of the file. null when it starts none.
 */
export function parseDesktopEntry(text: string): { path: string; version: string } | null {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    if (line.startsWith("[") && line.trim() !== "[Desktop Entry]") break;
    const equals = line.indexOf("=");
    if (equals > 0) values.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim());
  }
  const version = values.get("X-AppImage-Version") ?? "";
  const command = values.get("TryExec") ?? values.get("Exec") ?? "";
  const path = /^"([^"]+)"|^(\S+)/.exec(command);
  const file = path?.[1] ?? path?.[2] ?? "";
  return version === "" || !file.startsWith("/") ? null : { path: file, version };
}

/** An AppImage as a row: name, version and architecture are its identity. */
export function appImageEntry(path: string, arch: string, version: string, installedBy: string): SoftwareEntry {
  const named = appImageName(path.slice(path.lastIndexOf("/") + 1));
  return {
    ...emptySoftwareEntry("appimages"),
    name: named.name,
    version: named.version || version,
    arch,
    installed_paths: [path],
    installed_by: installedBy,
  };
}
