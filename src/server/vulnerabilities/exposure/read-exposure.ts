import type { EndpointResult } from "#protocol/endpoint.ts";
import type { vulnerabilityExposure } from "#protocol/rest/vulnerabilities.ts";
import type { Database } from "../../database/tables.ts";
import { exposureCounts, exposureDays, exposureDaySave, medianDaysToFix } from "./exposure-day-store.ts";

interface Deps {
  db: Database;
  now: () => Date;
}

const DAYS_DEFAULT = 90;
const DAY_MS = 86_400_000;

/** Notes what is open today; the last note of a day is what stays of it. */
export async function noteExposure(deps: Deps): Promise<void> {
  await exposureDaySave(deps.db, dayOf(deps.now()));
}

/** Exposure by day, the present day as of now. */
export async function readExposure(deps: Deps, asked: number | undefined): Promise<EndpointResult<typeof vulnerabilityExposure>> {
  const now = deps.now();
  const since = dayOf(new Date(now.getTime() - ((asked ?? DAYS_DEFAULT) - 1) * DAY_MS));
  const [days, counts, median_days_to_fix] = await Promise.all([
    exposureDays(deps.db, since),
    exposureCounts(deps.db),
    medianDaysToFix(deps.db, since),
  ]);
  const today = dayOf(now);
  const noted = days.find(({ day }) => day === today);
  const present = { opened: 0, closed: 0, hosts_count: days.at(-1)?.hosts_count ?? 0, ...noted, ...counts, day: today };
  return { days: [...days.filter(({ day }) => day !== today), present], median_days_to_fix };
}

function dayOf(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}
