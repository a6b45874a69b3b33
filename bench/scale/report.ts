import type { ListFigure } from "./list-speed.ts";
import type { LiveRun, ScaleResults } from "./run-scale.ts";

const MIB = 1024 * 1024;

/** What a run found, as text for people; docs/develop/scale.md holds one. */
export function scaleReport(results: ScaleResults): string {
  const { machine, hosts, links, tables, lists, live } = results;
  const bytes = tables.reduce((sum, table) => sum + table.bytes, 0);
  const linkTable = tables.find((table) => table.table === "host_software");
  return [
    `${hosts.toLocaleString("en")} hosts, ${links.toLocaleString("en")} links; ${machine.cpu}, ${machine.cores} cores for all`,
    `disk: ${(bytes / MIB / 1024).toFixed(1)} GiB in all tables, ${((linkTable?.bytes ?? 0) / Math.max(1, links)).toFixed(0)} bytes a link (${((linkTable?.indexBytes ?? 0) / Math.max(1, links)).toFixed(0)} of them indexes), ${(bytes / hosts / 1000).toFixed(0)} kB a host`,
    "",
    ...tables
      .slice(0, 12)
      .map((t) => `  ${t.table.padEnd(28)} ${String(t.rows).padStart(11)} rows ${(t.bytes / MIB).toFixed(0).padStart(8)} MiB`),
    "",
    ...listLines(lists),
    "",
    ...live.flatMap(liveLines),
    "",
  ].join("\n");
}

/** The lists of a run as a table. */
export function listLines(lists: readonly ListFigure[]): string[] {
  return [
    "Lists, one at a time".padEnd(44) + " first ms   p50 ms   p95 ms    limit",
    ...lists.map(
      (l) =>
        `  ${l.name.padEnd(42)}${l.first.toFixed(0).padStart(11)}${l.p50.toFixed(0).padStart(9)}${l.p95.toFixed(0).padStart(9)}${String(l.p95Max).padStart(9)}${l.p95 > l.p95Max ? "  MISSED" : ""}`,
    ),
  ];
}

function liveLines(run: LiveRun): string[] {
  const { polls, checkIns, cpu, seconds } = run;
  const cores = (spent: number) => (spent / seconds).toFixed(2);
  const ms = (value: number) => value.toFixed(1);
  return [
    `Live for ${seconds.toFixed(0)} s, polls every ${run.pollSeconds} s, every device reports every ${run.inventorySeconds} s: ${run.holds ? "holds" : "does not hold"}`,
    `  polls      ${polls.perSecond.toFixed(0)}/s  p50 ${ms(polls.p50)}  p95 ${ms(polls.p95)}  p99 ${ms(polls.p99)}  max ${ms(polls.max)} ms`,
    `  check-ins  ${checkIns.perSecond.toFixed(1)}/s  p50 ${ms(checkIns.p50)}  p95 ${ms(checkIns.p95)}  p99 ${ms(checkIns.p99)}  max ${ms(checkIns.max)} ms; ${run.changed} changed, ${run.reported} devices`,
    `  errors ${run.errors}, backlog ${run.backlog}; cores: server ${cores(cpu.server)}, database ${cores(cpu.database)}, generator ${cores(cpu.generator)}`,
    `  server memory MiB: ${run.serverRss.map((rss) => (rss / MIB).toFixed(0)).join(" ")}; database ${run.databasePss === null ? "?" : (run.databasePss / MIB).toFixed(0)}`,
  ];
}
