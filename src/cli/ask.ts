import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { CliError, EXIT } from "./exit-codes.ts";

/**
 * Asks on the terminal; the question goes to stderr, so that stdout holds results alone. Null when stdin is no terminal.
 *
 * @throws {CliError} when the person ends the question with Ctrl-C or Ctrl-D.
 */
export async function askOnTerminal(question: string, { hidden }: { hidden: boolean }): Promise<string | null> {
  if (!process.stdin.isTTY) return null;
  let muted = false;
  const echo = new Writable({
    write(chunk, _encoding, done) {
      if (!muted) process.stderr.write(chunk as Buffer);
      done();
    },
  });
  const terminal = createInterface({ input: process.stdin, output: echo, terminal: true, historySize: 0 });
  try {
    return await new Promise<string>((resolve, reject) => {
      const ended = (): void => reject(new CliError(EXIT.failure, "Ended without an answer."));
      terminal.once("SIGINT", ended);
      terminal.once("close", ended);
      terminal.question(question, resolve);
      muted = hidden; // the question is out by now; what follows is the typing
    });
  } finally {
    terminal.close();
    if (hidden) process.stderr.write("\n");
  }
}
