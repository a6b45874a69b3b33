import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { SoftwareRow } from "#protocol/agent/messages.ts";

/** What one kind of device holds. Made by make-images.ts from a real device's rows. */
export interface DemoImage {
  name: string;
  /** Where the rows come from: repository, path, commit, licence. */
  origin: string;
  platform: string;
  os_name: string;
  os_version: string;
  software: Record<string, SoftwareRow[]>;
}

const FOLDER = join(import.meta.dirname, "images");

/** All images of the repository, in the order of their names. */
export function demoImages(): DemoImage[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith(".json.gz"));
  return files.toSorted().map((file) => JSON.parse(gunzipSync(readFileSync(join(FOLDER, file))).toString()) as DemoImage);
}
