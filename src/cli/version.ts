import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Version of this program: from the package it lies in, wherever in it this file was built to. */
export function programVersion(): string {
  for (let directory = import.meta.dirname; ; directory = dirname(directory)) {
    const file = join(directory, "package.json");
    const found = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { name?: string; version?: string }) : {};
    if (found.name === "muster" && found.version !== undefined) return found.version;
    if (directory === dirname(directory)) return "unknown";
  }
}
