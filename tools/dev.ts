/**
 * `npm run dev`: the server, started again when a file of it changes, and Vite with the web interface, which forwards the API to it.
 * Open Vite's address. Both end together.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const port = process.env["MUSTER_PORT"] ?? "8080";
const env = { ...process.env, MUSTER_PORT: port, MUSTER_DEV_SERVER: `http://127.0.0.1:${port}` };
const watched = ["src/server", "src/domain", "src/protocol", "bin"].map((folder) => `--watch-path=${join(ROOT, folder)}`);

const children: ChildProcess[] = [
  start([...watched, "--watch-preserve-output", "bin/muster.ts", "serve"]),
  start(["node_modules/vite/bin/vite.js", "--clearScreen", "false"]),
];
process.on("SIGINT", () => undefined); // the terminal sends it to the children as well
process.on("SIGTERM", endAll);
for (const child of children) child.once("exit", endAll);

function start(words: string[]): ChildProcess {
  return spawn(process.execPath, words, { cwd: ROOT, env, stdio: "inherit" });
}

function endAll(): void {
  for (const child of children) child.kill("SIGTERM");
}
