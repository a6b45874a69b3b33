import { randomBytes } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { api } from "#client/api.ts";
import { createClient } from "#client/client.ts";
import { ConfigError, readConfig } from "#server/config.ts";
import type { Config } from "#server/config.ts";
import { DatabaseError } from "#server/database/database-error.ts";
import { StartError, startServer } from "#server/main.ts";
import type { RunningServer } from "#server/main.ts";
import { createLog } from "#server/observe/log.ts";
import { SIMULATED_VENDOR } from "./device.ts";
import { startFleet } from "./fleet.ts";
import type { Fleet } from "./fleet.ts";
import { demoImages } from "./images.ts";

/** `npm run demo`: Muster with a simulated fleet, in a data directory of its own. */
const HELP = `npm run demo -- [options]

  --devices N   simulated devices (default 1000)
  --port P      port to serve at (default: MUSTER_PORT, or 8080)
  --data-dir D  where its data is kept (default: .demo in the repository)
  --remove      remove the demonstration: its database, its devices, its login
  --help        this text

The demonstration never touches Muster's own data directory or database.
`;
const DATA_DIR = resolve(import.meta.dirname, "..", ".demo");
const LOGIN_FILE = "login.json";
const EMAIL = "admin@demo.example";
const PROGRESS_STEP = 250;
/**
 * For every session with the database (PostgreSQL's own variable): no commit waits for the disk. A power cut may cost the last second of
 * simulated reports; their devices bring them again.
 */
const SESSION_SETTINGS = "-c synchronous_commit=off";

interface Login {
  password: string;
  token: string;
}

interface Options {
  devices: number;
  port: string | undefined;
  dataDir: string;
  remove: boolean;
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === null) return 0;
  if (options.remove) return remove(options.dataDir);
  const startedAt = performance.now();
  const interrupted = untilInterrupted();
  process.env["PGOPTIONS"] = SESSION_SETTINGS;
  const login = await readLogin(options.dataDir);
  const config = demoConfig(options, login);
  const server = await startServer(config, createLog("warn"));
  try {
    await prepare(server, login, options.dataDir);
    const fleet = serveFleet(server, options.devices, login, startedAt);
    await interrupted;
    process.stdout.write("Stopping …\n");
    await fleet.stop();
  } finally {
    await server.stop();
  }
  process.stdout.write("Stopped. `npm run demo` goes on where it was; `npm run demo -- --remove` removes it.\n");
  return 0;
}

/** @throws {Error} with one sentence on an option that is not known or not allowed. */
function readOptions(argv: string[]): Options | null {
  const { values } = parseArgs({
    args: argv,
    options: {
      devices: { type: "string", default: "1000" },
      port: { type: "string" },
      "data-dir": { type: "string", default: DATA_DIR },
      remove: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return null;
  }
  const devices = Number(values.devices);
  if (!Number.isInteger(devices) || devices < 1 || devices > 20_000) {
    throw new Error(`--devices must be a whole number from 1 to 20000; ${values.devices} is not.`);
  }
  return { devices, port: values.port, dataDir: resolve(values["data-dir"]), remove: values.remove };
}

/** The usual configuration, less everything that could lead to real data. */
function demoConfig({ port, dataDir }: Options, login: Login): Config {
  const environment: NodeJS.ProcessEnv = {
    MUSTER_DATA_DIR: dataDir,
    MUSTER_FEEDS: "off",
    MUSTER_LOCAL_DEVICE: "off",
    MUSTER_DEMONSTRATION: "on",
    MUSTER_ADMIN_TOKEN: login.token,
  };
  const ownPort = port ?? process.env["MUSTER_PORT"];
  if (ownPort !== undefined) environment["MUSTER_PORT"] = ownPort;
  return readConfig(environment);
}

/** The demonstration's own login, made at its first start. */
async function readLogin(dataDir: string): Promise<Login> {
  const known = await readFile(join(dataDir, LOGIN_FILE), "utf8").catch(() => null);
  if (known !== null) return JSON.parse(known) as Login;
  return { password: randomBytes(9).toString("base64url"), token: randomBytes(24).toString("base64url") };
}

/** Makes the administrator and the label that shows which devices are simulated. */
async function prepare(server: RunningServer, login: Login, dataDir: string): Promise<void> {
  const setupCode = server.preparation?.setupCode ?? null;
  const client = createClient({ baseUrl: server.localAddress, token: login.token });
  if (setupCode !== null) {
    await writeFile(join(dataDir, LOGIN_FILE), JSON.stringify(login), { mode: 0o600 });
    await client.call(api.setup, {
      body: { setup_code: setupCode, name: "Demo administrator", email: EMAIL, password: login.password },
    });
  }
  const { labels } = await client.call(api.listLabels, { query: {} });
  if (labels.some((label) => label.name === SIMULATED_VENDOR)) return;
  await client.call(api.createLabel, {
    body: {
      name: SIMULATED_VENDOR,
      description: "Devices that do not exist: made by the demonstration.",
      criteria: { vital: "hardware_vendor", value: SIMULATED_VENDOR },
    },
  });
}

function serveFleet(server: RunningServer, count: number, login: Login, startedAt: number): Fleet {
  const seconds = (): string => ((performance.now() - startedAt) / 1000).toFixed(1);
  const { address, localAddress, preparation } = server;
  process.stdout.write(`Muster's demonstration serves ${address} (after ${seconds()} s)\n\n`);
  process.stdout.write(`  Log in:    ${EMAIL}\n  Password:  ${login.password}\n\n`);
  process.stdout.write(`  ${count} simulated devices report now; they check in every minute and change now and then.\n`);
  const fleet = startFleet({
    images: demoImages(),
    count,
    server: localAddress,
    enrollSecret: preparation?.enrollSecret ?? "",
    isKnown: preparation?.setupCode === null,
    onProgress: (reported) => {
      if (reported % PROGRESS_STEP === 0) process.stdout.write(`  … ${reported} have reported (${seconds()} s)\n`);
    },
  });
  void fleet.loaded.then(() =>
    process.stdout.write(`  ${fleet.reported()} of ${count} devices are there after ${seconds()} s. Ctrl-C stops.\n`),
  );
  return fleet;
}

/** One step: everything that the demonstration ever made is in its own directory. @throws {Error} when that is not one of a demonstration */
async function remove(dataDir: string): Promise<number> {
  const isDemo = await readFile(join(dataDir, LOGIN_FILE)).then(
    () => true,
    () => false,
  );
  if (!isDemo) throw new Error(`There is no demonstration in ${dataDir}.`);
  const running = await readFile(join(dataDir, "postgresql", "postmaster.pid"), "utf8").catch(() => null);
  if (running !== null && isAlive(Number(running.split("\n")[0]))) {
    throw new Error("The demonstration runs; stop it first (Ctrl-C where it was started).");
  }
  await rm(dataDir, { recursive: true, force: true });
  process.stdout.write("The demonstration is removed.\n");
  return 0;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function untilInterrupted(): Promise<void> {
  const { promise, resolve: interrupt } = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupt());
  await promise;
}

try {
  process.exitCode = await main();
} catch (error) {
  const forOperator = error instanceof ConfigError || error instanceof DatabaseError || error instanceof StartError;
  const words = error instanceof Error ? (forOperator ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`demo: ${words}\n`);
  process.exitCode = 1;
}
