import { askOnTerminal } from "./ask.ts";
import { EXIT } from "./exit-codes.ts";

/** Where text goes; `columns` is the width of a terminal. */
export interface Output {
  write(text: string): unknown;
  readonly columns?: number;
}

/** Everything that the command line takes from its surroundings, so that tests run it in process. */
export interface CliIo {
  stdout: Output;
  stderr: Output;
  env: Readonly<Record<string, string | undefined>>;
  /** Is stdout a terminal? Tables are then fitted to its width; otherwise nothing is ever cut. */
  isTty: boolean;
  fetch: typeof fetch;
  now(): Date;
  /** Asks a person; null when nobody can be asked (stdin is no terminal). `hidden`: nothing of the answer is shown. */
  ask(question: string, options: { hidden: boolean }): Promise<string | null>;
  /** Everything on standard input, for secrets that come through a pipe. */
  readStdin(): Promise<string>;
}

/** The surroundings of this process. */
export function processIo(): CliIo {
  process.stdout.once("error", endQuietly);
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    isTty: process.stdout.isTTY ?? false,
    fetch,
    now: () => new Date(),
    ask: askOnTerminal,
    readStdin,
  };
}

/** A reader that has seen enough (`muster get hosts | head`) is no failure; anything else is. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit(EXIT.ok);
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Buffer));
  return Buffer.concat(chunks).toString("utf8");
}

/** A variable's value; an empty one counts as absent, like in the server's configuration. */
export function variable(io: CliIo, name: string): string | undefined {
  const value = io.env[name];
  return value === undefined || value === "" ? undefined : value;
}
