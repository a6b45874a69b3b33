/** The part of a pino logger that the agent uses, so that either can be given. */
export interface AgentLog {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

const LEVELS = ["debug", "info", "warn", "error"] as const;
type Level = (typeof LEVELS)[number];

/**
 * A log of plain lines, `<time> <level> <message> key=value …`, as a service manager's journal wants them. Lines below
 * `lowest` are left out. Values are JSON where they are not plain words, so a line never breaks.
 */
export function lineLog(write: (line: string) => void, lowest: Level = "info", now: () => Date = () => new Date()): AgentLog {
  function line(level: Level, details: object, message: string): void {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(lowest)) return;
    const pairs = Object.entries(details).map(([key, value]) => ` ${key}=${plain(value)}`);
    write(`${now().toISOString()} ${level} ${message}${pairs.join("")}\n`);
  }
  return {
    debug: (details, message) => line("debug", details, message),
    info: (details, message) => line("info", details, message),
    warn: (details, message) => line("warn", details, message),
    error: (details, message) => line("error", details, message),
  };
}

function plain(value: unknown): string {
  const text = value instanceof Error ? value.message : value;
  if (typeof text === "string" && /^[\w./:@+-]+$/.test(text)) return text;
  return JSON.stringify(text) ?? "undefined";
}
