import { Compile } from "typebox/compile";
import { OsqueryStatusLine, type OsqueryLogRequest } from "#protocol/osquery/messages.ts";
import type { Log } from "../../observe/log.ts";
import type { Metrics } from "../../observe/metrics.ts";

const statusLine = Compile(OsqueryStatusLine);
const MESSAGE_LENGTH_MAX = 500;
/** Lines of one delivery that reach the server's own log; an agent sends up to 1,024. */
const LINES_SHOWN_MAX = 20;

/**
 * Takes what osqueryd logs. Nothing is stored: results of schedules are not Muster's (it sends none), and warnings of the agent
 * itself are shown in the server's log at debug level. Counted by type, so that a noisy fleet shows in the metrics.
 */
export function takeLog(deps: { log: Log; metrics: Metrics }, hostId: number, body: OsqueryLogRequest): void {
  const lines = Array.isArray(body.data) ? body.data : body.data === null || body.data === "" ? [] : [body.data];
  const type = body.log_type === "status" || body.log_type === "result" ? body.log_type : "other";
  const counter = deps.metrics.counter("muster_osquery_log_lines_total", "Log lines received from osquery agents, by type.", [
    "type",
  ]);
  counter.inc({ type }, lines.length);
  if (type === "status") showProblems(deps.log, hostId, lines);
}

function showProblems(log: Log, hostId: number, lines: unknown[]): void {
  if (!log.isLevelEnabled("debug")) return;
  const problems = lines.filter((line): line is OsqueryStatusLine => statusLine.Check(line) && Number(line.severity) > 0);
  for (const { severity, filename, line, message = "", version } of problems.slice(0, LINES_SHOWN_MAX)) {
    const text = message.slice(0, MESSAGE_LENGTH_MAX).toWellFormed();
    log.debug({ host_id: hostId, severity, filename, line, version, message: text }, "osqueryd reports a problem");
  }
}
