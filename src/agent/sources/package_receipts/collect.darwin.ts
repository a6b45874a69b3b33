import { join } from "node:path";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { listDirectory, readBytes } from "../../system/files.ts";
import { checkRows, checkTime } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { parseReceipt } from "./parse.ts";

const RECEIPTS = "/private/var/db/receipts";
const RECEIPT_BYTES_MAX = 1024 * 1024;

/** What macOS's installer has receipts of: packages that are not, or not only, applications. */
export async function collectPackageReceipts({ root, signal }: CollectContext): Promise<Collected> {
  const entries: SoftwareEntry[] = [];
  for (const item of await listDirectory(join(root, RECEIPTS))) {
    if (!item.name.endsWith(".plist")) continue;
    checkTime(signal);
    const bytes = await readBytes(join(root, RECEIPTS, item.name), RECEIPT_BYTES_MAX);
    const entry = bytes === null ? null : readable(bytes);
    if (entry !== null) entries.push(entry);
    checkRows(entries.length);
  }
  return { entries, markers: [RECEIPTS] };
}

/** A damaged receipt costs only itself. */
function readable(bytes: Uint8Array): SoftwareEntry | null {
  try {
    return parseReceipt(bytes);
  } catch (error) {
    if (error instanceof Error && error.name === "PlistError") return null;
    throw error;
  }
}
