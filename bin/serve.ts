import { ConfigError, readConfig, unknownVariables } from "#server/config.ts";
import type { Config } from "#server/config.ts";
import { DatabaseError } from "#server/database/database-error.ts";
import { StartError, startServer } from "#server/main.ts";
import type { RunningServer } from "#server/main.ts";
import { createLog } from "#server/observe/log.ts";
import type { Log } from "#server/observe/log.ts";
import { VERSION } from "#domain/core/version.ts";
import { startLocalDevice } from "./local-device.ts";
import { readableLines } from "./readable-lines.ts";

/** npm and the terminal both deliver one Ctrl-C: what follows within this time is the same one. */
const SAME_INTERRUPT_MS = 2000;

/** `muster serve`: runs the server until it is told to stop. Returns the exit code. */
export async function serve(env: NodeJS.ProcessEnv): Promise<number> {
  const interrupted = untilInterrupted();
  try {
    const config = readConfig(env);
    const log = createLog(config.logLevel, process.stderr.isTTY ? readableLines(process.stderr) : undefined);
    for (const name of unknownVariables(env)) log.warn(`${name} is not a variable of Muster and has no effect`);
    const server = await startServer(config, log);
    try {
      const device = await afterStart(server, config, log);
      await interrupted;
      process.stdout.write("Stopping …\n");
      await device?.stop();
    } finally {
      await server.stop();
    }
    process.stdout.write("Stopped.\n");
    return 0;
  } catch (error) {
    process.stderr.write(`muster: ${sentenceOf(error)}\n`);
    return 1;
  }
}

async function afterStart(server: RunningServer, config: Config, log: Log): Promise<{ stop(): Promise<void> } | null> {
  process.stdout.write(startMessage(server));
  if (server.preparation === null || !config.localDevice) return null;
  return startLocalDevice({ config, server: server.localAddress, enrollSecret: server.preparation.enrollSecret, log });
}

/** What people see when the server is up. */
function startMessage({ address, preparation }: RunningServer): string {
  if (preparation === null) return `Muster ${VERSION} runs background jobs; health checks at ${address}/healthz\n`;
  const { setupCode, enrollSecret } = preparation;
  const lines = [`Muster ${VERSION} serves ${address}`, ""];
  if (setupCode !== null) lines.push(`  Finish set-up:  ${address}/setup?code=${setupCode}`);
  lines.push(`  Add a device:   ${address}/devices/add`);
  lines.push(`                  or on the device: npx muster agent --server ${address} --enroll-secret ${enrollSecret}`);
  if (isLoopback(address)) {
    lines.push(
      "",
      "  Only this machine can reach that address. For other devices: MUSTER_HOST and TLS, see docs/guide/install.md",
    );
  }
  return `${lines.join("\n")}\n\n`;
}

function isLoopback(address: string): boolean {
  const { hostname } = new URL(address);
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}

/** One sentence for what an operator can put right; what is a defect of Muster comes with all there is to report it. */
function sentenceOf(error: unknown): string {
  const forOperator = error instanceof ConfigError || error instanceof DatabaseError || error instanceof StartError;
  if (forOperator) return error.message;
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `This is a defect of Muster, please report it with these lines:\n${details}`;
}

/** Resolves at the first SIGINT or SIGTERM; a second SIGINT, later than an echo of the first, ends the process at once. */
async function untilInterrupted(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let firstAt: number | null = null;
  const onSignal = (): void => {
    firstAt ??= performance.now();
    if (performance.now() - firstAt > SAME_INTERRUPT_MS) process.exit(130);
    resolve();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  process.on("SIGHUP", onSignal);
  await promise;
}
