import type { DestinationStream } from "pino";

const NOT_SHOWN = new Set(["level", "time", "msg", "err"]);

/** Turns the log's JSON lines into lines for people, for a terminal: time, level, message, the rest as JSON. */
export function readableLines(target: NodeJS.WritableStream): DestinationStream {
  return {
    write(line) {
      target.write(`${readable(line)}\n`);
    },
  };
}

function readable(line: string): string {
  const fields = JSON.parse(line) as { time: string; level: string; msg?: string; err?: { message?: string } };
  const rest = Object.fromEntries(Object.entries(fields).filter(([name]) => !NOT_SHOWN.has(name)));
  const details = Object.keys(rest).length === 0 ? "" : ` ${JSON.stringify(rest)}`;
  const failure = fields.err?.message === undefined ? "" : `: ${fields.err.message}`;
  return `${fields.time.slice(11, 19)} ${fields.level} ${fields.msg ?? ""}${failure}${details}`;
}
