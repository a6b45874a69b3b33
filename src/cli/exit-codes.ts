/** What the process says to the shell that started it; documented in docs/reference/cli.md. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  forbidden: 3,
  notFound: 4,
  unreachable: 5,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The meaning of each code, for `--help` and the reference. */
export const EXIT_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.ok, "done"],
  [EXIT.failure, "failed for another reason than those below"],
  [EXIT.usage, "the command line is wrong"],
  [EXIT.forbidden, "not logged in, or not allowed"],
  [EXIT.notFound, "what was asked for does not exist"],
  [EXIT.unreachable, "the server cannot be reached, or cannot answer now"],
];

/** A failure that people may read: one sentence that names the remedy, and the exit code that stands for it. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}
