import { InvalidArgumentError } from "commander";

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/** Reads a day (its beginning, in UTC) or a time from an option, as the API takes it. */
export function parseFrom(text: string): string {
  return read(text, "T00:00:00.000Z").toISOString();
}

/** Reads a day (its end, in UTC) or a time from an option, as the API takes it. */
export function parseTo(text: string): string {
  return read(text, "T23:59:59.999Z").toISOString();
}

/** Like {@link parseTo}, for questions about the past: of a day that is not over, the present moment. */
export function parseAsOf(text: string): string {
  const time = read(text, "T23:59:59.999Z");
  const now = new Date();
  return (DAY.test(text) && time > now && text <= now.toISOString().slice(0, 10) ? now : time).toISOString();
}

function read(text: string, rest: string): Date {
  const time = new Date(DAY.test(text) ? text + rest : TIME.test(text) ? text : Number.NaN);
  if (Number.isNaN(time.getTime()) || (DAY.test(text) && !time.toISOString().startsWith(text))) {
    throw new InvalidArgumentError("It must be a day (2026-01-31, UTC) or a time (2026-01-31T12:00:00Z).");
  }
  return time;
}
