import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { PER_PAGE_DEFAULT } from "#domain/core/limits.ts";
import type { ServerOptions } from "../connection.ts";

/** Options for the length and form of a list. */
export interface LengthOptions extends ServerOptions {
  limit: number;
  all?: true;
  json?: true;
  wide?: true;
}

/** Options that every list with an order has. */
export interface ListOptions extends LengthOptions {
  query?: string;
  orderBy: string;
  descending?: true;
}

export interface ListShape {
  /** What `--query` searches, for the help; null: the list has no search. */
  searches: string | null;
  orderKeys: readonly string[];
  orderDefault: string;
  /** Is the default order descending? A given `--order-by` without `--descending` is ascending, always. */
  defaultDescending?: true;
}

/** Adds search, order, length and format options to a list command. */
export function addListOptions(command: Command, shape: ListShape): Command {
  if (shape.searches !== null) command.option("-q, --query <text>", `only rows with this text in ${shape.searches}`);
  const way = shape.defaultDescending === true ? ", greatest first" : "";
  command
    .addOption(
      new Option("--order-by <key>", "key to order by")
        .choices(shape.orderKeys)
        .default(shape.orderDefault, `${shape.orderDefault}${way}`),
    )
    .option("--descending", "greatest first");
  return addLengthOptions(command);
}

/** Adds length and format options to a list command. */
export function addLengthOptions(command: Command): Command {
  return command
    .addOption(new Option("--limit <n>", "most rows to show").argParser(parseLimit).default(PER_PAGE_DEFAULT).conflicts("all"))
    .option("--all", "every row, page after page")
    .addOption(new Option("--wide", "do not fit the table to the terminal").conflicts("json"))
    .option("--json", "print the API's answer as JSON");
}

/** The order as the API takes it. Always named: cursors need it. */
export function orderOf<const K extends string>(
  options: ListOptions,
  shape: ListShape,
  isDefault: boolean,
): { order_key: K; order_direction: "asc" | "desc" } {
  const descending = options.descending === true || (isDefault && shape.defaultDescending === true);
  return { order_key: options.orderBy as K, order_direction: descending ? "desc" : "asc" };
}

/** Reads the number of a resource from an option. */
export function parseId(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError("It must be an ID: a whole number from 1.");
  return Number(text);
}

function parseLimit(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 1; for every row use --all.");
  return Number(text);
}
