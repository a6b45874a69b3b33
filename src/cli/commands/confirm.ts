import { CliError, EXIT } from "../exit-codes.ts";
import type { CliIo } from "../io.ts";

/** @throws {CliError} unless somebody says yes */
export async function confirm(io: CliIo, question: string): Promise<void> {
  const answer = await io.ask(`${question} [y/N] `, { hidden: false });
  if (answer === null)
    throw new CliError(EXIT.usage, "Nobody can be asked here: add --yes, or --dry-run to see what would change.");
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError(EXIT.failure, "Nothing was changed.");
}
