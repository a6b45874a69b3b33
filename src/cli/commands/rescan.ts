import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { api } from "#client/api.ts";
import type { VulnerabilityRescan } from "#protocol/rest/vulnerability-rescans.ts";
import { connect, type Connection, type ServerOptions } from "../connection.ts";
import type { CliIo } from "../io.ts";
import { formatCount } from "../output/format.ts";
import { printNote } from "../output/print.ts";
import { ProgressLine } from "../output/progress-line.ts";
import { addExamples } from "./describe.ts";

const POLL_MS = 500;

/** `muster vulnerabilities rescan`. */
export function addRescan(group: Command, io: CliIo): void {
  const command = group
    .command("rescan")
    .summary("match everything again")
    .description(
      "Have the server match all software and operating systems against the feeds again, and wait until it has. New software and news of feeds are matched at once without this.",
    )
    .option("--no-wait", "do not wait for the end")
    .action(async () => {
      const options: ServerOptions & { wait: boolean } = command.optsWithGlobals();
      const { call } = await connect(io, options);
      const { rescan } = await call(api.rescanVulnerabilities);
      if (!options.wait) return printNote(io, `Rescan ${rescan.id} runs in the background.`);
      const ended = await waitForRescan(io, call, rescan);
      printNote(io, `${formatCount(ended.subjects_matched, "subject", "subjects")} matched again.`);
    });
  addExamples(command, [["muster vulnerabilities rescan", "after the rules of matching changed, or to be sure"]]);
}

async function waitForRescan(io: CliIo, call: Connection["call"], asked: VulnerabilityRescan): Promise<VulnerabilityRescan> {
  const line = new ProgressLine(io);
  let rescan = asked;
  while (rescan.finished_at === null) {
    const of = `${rescan.subjects_matched.toLocaleString("en")} of ${rescan.subjects_count.toLocaleString("en")}`;
    line.show(rescan.subjects_matched === 0 ? "waiting for the matching" : "matching again", of);
    // oxlint-disable-next-line no-await-in-loop -- asks until it ended
    await delay(POLL_MS);
    // oxlint-disable-next-line no-await-in-loop
    ({ rescan } = await call(api.getVulnerabilityRescan, { params: { id: rescan.id } }));
  }
  line.end();
  return rescan;
}
