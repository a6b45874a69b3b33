import type { Command } from "commander";
import { api } from "#client/api.ts";
import type { Activity } from "#protocol/rest/activities.ts";
import { connect } from "../connection.ts";
import type { CliIo } from "../io.ts";
import { formatTime } from "../output/format.ts";
import type { Column } from "../output/table.ts";
import { readList } from "../pages.ts";
import { addExamples } from "./describe.ts";
import { addListOptions, orderOf } from "./list-options.ts";
import type { ListOptions, ListShape } from "./list-options.ts";
import { printList } from "./print-list.ts";

export const ACTIVITY_KEYS = ["id", "created_at"] as const;

const SHAPE: ListShape = {
  searches: "name or e-mail address of who did it",
  orderKeys: ACTIVITY_KEYS,
  orderDefault: "id",
  defaultDescending: true,
};

const COLUMNS: readonly Column<Activity>[] = [
  { title: "TIME", value: (activity) => formatTime(activity.created_at) },
  { title: "ACTIVITY", value: (activity) => activity.type },
  { title: "BY", value: (activity) => activity.actor_full_name ?? activity.actor_email ?? "Muster", shrinks: true },
  { title: "DETAILS", value: detailsOf, shrinks: true },
];

function detailsOf(activity: Activity): string {
  const pairs = Object.entries(activity.details).filter(([, value]) => value !== null && value !== "");
  return pairs.map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`).join(" ");
}

/** `muster get activities`. */
export function addGetActivities(get: Command, io: CliIo): void {
  const command = get
    .command("activities")
    .summary("list what happened")
    .description("List what happened: devices that enrolled, people who logged in or changed something. Newest first.");
  addListOptions(command, SHAPE)
    .option("--type <type>", "only activities of this type, for example fleet_enrolled")
    .option("--since <time>", "only from this time on, as RFC 3339: 2026-01-31T12:00:00Z")
    .option("--until <time>", "only before this time")
    .action(async () => {
      const options: ListOptions & { type?: string; since?: string; until?: string } = command.optsWithGlobals();
      const isDefaultOrder = command.getOptionValueSource("orderBy") === "default";
      const { call } = await connect(io, options);
      const query = {
        query: options.query,
        activity_type: options.type,
        start_created_at: options.since,
        end_created_at: options.until,
        ...orderOf<(typeof ACTIVITY_KEYS)[number]>(options, SHAPE, isDefaultOrder),
      };
      const answer = await readList("activities", options.all === true ? null : options.limit, (page) =>
        call(api.listActivities, { query: { ...query, ...page } }),
      );
      printList(io, options, { answer, rows: answer.activities, columns: COLUMNS, noun: ["activity", "activities"] });
    });
  addExamples(command, [
    ["muster get activities --limit 20", "the 20 newest"],
    ["muster get activities --type user_failed_login --json", "failed logins, for a program"],
  ]);
}
