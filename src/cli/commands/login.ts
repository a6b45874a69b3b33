import type { Command } from "commander";
import { api } from "#client/api.ts";
import { ApiError } from "#client/client.ts";
import { connect } from "../connection.ts";
import type { ServerOptions } from "../connection.ts";
import { CliError, EXIT } from "../exit-codes.ts";
import type { CliIo } from "../io.ts";
import { variable } from "../io.ts";
import { loginsFile, readLogins, saveLogins } from "../logins.ts";
import { printLines, printNote } from "../output/print.ts";
import { visible } from "../output/visible.ts";
import { reasonsOf } from "../refusal.ts";
import { isReadableOnTheWay } from "../server-address.ts";
import { addExamples } from "./describe.ts";

interface LoginOptions extends ServerOptions {
  email?: string;
  passwordStdin?: true;
}

/** `muster login` and `muster logout`. */
export function addLogin(program: Command, io: CliIo): void {
  const login = program
    .command("login")
    .summary("log in to a server and keep the session")
    .description(
      "Log in to a server. The session's token is kept for later commands, readable by you alone; the password is not kept. The server is remembered, too.",
    )
    .option("--email <email>", "e-mail address of your account (or MUSTER_EMAIL); asked for otherwise")
    .option("--password-stdin", "read the password from standard input (or MUSTER_PASSWORD); asked for otherwise")
    .action(async () => runLogin(io, login.optsWithGlobals()));
  addExamples(login, [
    ["muster login --server https://muster.example.org", "asks for e-mail address and password"],
    ["pass muster | muster login --email me@example.org --password-stdin", "without asking, for scripts"],
  ]);
  const logout = program
    .command("logout")
    .summary("end the kept session")
    .description("End the session that `muster login` keeps for a server, there and here.")
    .action(async () => runLogout(io, logout.optsWithGlobals()));
}

async function runLogin(io: CliIo, options: LoginOptions): Promise<void> {
  // the answer to a login must not depend on an older token, so none is sent
  const { server, call } = await connect({ ...io, env: { ...io.env, MUSTER_TOKEN: "" } }, { ...options, token: undefined });
  if (isReadableOnTheWay(server)) {
    printNote(io, `Warning: ${server} is not HTTPS; others on the way can read your password and token.`);
  }
  const email = options.email ?? variable(io, "MUSTER_EMAIL") ?? (await io.ask("E-mail address: ", { hidden: false }));
  const password = await passwordOf(io, options);
  if (email === null || email.trim() === "" || password === null || password === "") {
    throw new CliError(
      EXIT.usage,
      "An e-mail address and a password are needed: run this on a terminal, or set MUSTER_EMAIL and MUSTER_PASSWORD.",
    );
  }
  const { user, token } = await call(api.login, { body: { email: email.trim(), password } }).catch(refuseLogin);
  if (typeof token !== "string" || token === "") {
    throw new CliError(EXIT.failure, `${server} gave no token: is it the address of a Muster server?`);
  }
  const logins = await readLogins(io);
  await saveLogins(io, { server, logins: { ...logins.logins, [server]: { token, email: user.email } } });
  printLines(io, [visible(`Logged in to ${server} as ${user.name} <${user.email}>; the token is in ${loginsFile(io)}.`)]);
  if (variable(io, "MUSTER_TOKEN") !== undefined) {
    printNote(io, "MUSTER_TOKEN is set and goes before this login; unset it to use the login.");
  }
}

/** A refused login is no missing one: the server's own sentence says what was wrong. */
function refuseLogin(error: unknown): never {
  const refused = error instanceof CliError && error.cause instanceof ApiError && error.cause.status === 401 ? error.cause : null;
  throw refused === null ? error : new CliError(EXIT.forbidden, reasonsOf(refused), refused);
}

async function passwordOf(io: CliIo, options: LoginOptions): Promise<string | null> {
  if (options.passwordStdin === true) return (await io.readStdin()).replace(/\r?\n$/, "");
  return variable(io, "MUSTER_PASSWORD") ?? (await io.ask("Password: ", { hidden: true }));
}

async function runLogout(io: CliIo, options: ServerOptions): Promise<void> {
  const first = await connect({ ...io, env: { ...io.env, MUSTER_TOKEN: "" } }, { ...options, token: undefined });
  if (first.saved === null) return printLines(io, [`There is no login for ${first.server}.`]);
  const logins = await readLogins(io);
  const { [first.server]: _ended, ...others } = logins.logins;
  await saveLogins(io, { server: logins.server === first.server ? null : logins.server, logins: others });
  try {
    await first.call(api.logout);
  } catch (error) {
    // the session had ended already, which is what was wanted
    if (!(error instanceof CliError && error.exitCode === EXIT.forbidden)) throw forgottenHere(error);
  }
  printLines(io, [`Logged out of ${first.server}.`]);
}

function forgottenHere(error: unknown): CliError {
  const reason = error instanceof Error ? error.message : String(error);
  const exitCode = error instanceof CliError ? error.exitCode : EXIT.failure;
  return new CliError(
    exitCode,
    `The token is forgotten here, but the session still lives on the server until it ends by itself: ${reason}`,
  );
}
