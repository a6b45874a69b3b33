#!/usr/bin/env node
// The command `muster` for whichever Node is at hand: it hands over to the pinned one, which runs TypeScript directly.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const pinned = fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));
const program = fileURLToPath(new URL("muster.ts", import.meta.url));
if (existsSync(pinned)) {
  const child = spawn(pinned, [program, ...process.argv.slice(2)], { stdio: "inherit" });
  child.once("error", (error) => {
    process.stderr.write(`muster: ${error.message}\n`);
    process.exitCode = 1;
  });
  // the terminal sends Ctrl-C to both; the child decides when it is done
  process.on("SIGINT", () => undefined);
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.once("exit", (code, signal) => {
    process.exitCode = signal === null ? code : 1;
  });
} else {
  process.stderr.write("muster: its packages are not installed; run `npm ci` in its folder first.\n");
  process.exitCode = 1;
}
