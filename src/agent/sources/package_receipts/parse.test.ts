import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { collectPackageReceipts } from "./collect.darwin.ts";
import { parseReceipt } from "./parse.ts";

const NAME = "com.microsoft.package.Microsoft_Word.app";
const sample = new URL(`samples/${NAME}.plist`, import.meta.url);

test("a receipt gives the package's identifier, version and place", () => {
  expect(parseReceipt(readFileSync(sample))).toMatchObject({
    source: "package_receipts",
    name: NAME,
    version: "16.100.25081015",
    bundle_identifier: NAME,
    installed_paths: ["/Applications"],
  });
  expect(parseReceipt(Buffer.from("<plist><dict/></plist>"))).toBeNull();
});

test("all receipts of a Mac are collected; a damaged one costs only itself", async () => {
  const root = mkdtempSync(join(tmpdir(), "muster-mac-"));
  const receipts = join(root, "/private/var/db/receipts");
  mkdirSync(receipts, { recursive: true });
  cpSync(sample, join(receipts, `${NAME}.plist`));
  cpSync(sample, join(receipts, `${NAME}.bom`));
  writeFileSync(join(receipts, "broken.plist"), "bplist00");
  const { entries, markers } = await collectPackageReceipts({ root, platform: "darwin", signal: new AbortController().signal });
  expect(entries.map((entry) => entry.name)).toEqual([NAME]);
  expect(markers).toEqual(["/private/var/db/receipts"]);
  rmSync(root, { recursive: true, force: true });
});
