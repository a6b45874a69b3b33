import type { Database } from "#server/database/tables.ts";

const DAY_MS = 86_400_000;

/** A day of the history as the table keeps it. */
export interface DayOfExposure {
  day: string;
  critical: number;
  high: number;
  medium: number;
  low: number;
  unknown: number;
  exploited: number;
  hosts_count: number;
}

/**
 * How a fleet of some hundred devices is exposed over days, ending with the day before `until`: advisories come in bursts, updates take
 * most of it away every second week, and what nobody fixes grows slowly. Always the same for the same number of days.
 */
export function exposureHistory(days: number, until: Date): DayOfExposure[] {
  const noise = (day: number, salt: number) => ((day * 7919 + salt * 104_729) % 101) / 101;
  return Array.from({ length: days }, (_, index) => {
    const sincePatching = index % 14;
    const wave = sincePatching < 2 ? 1.6 - sincePatching * 0.45 : 0.7 + sincePatching * 0.06;
    const grown = 1 + index / 400;
    const count = (usual: number, salt: number) => Math.round(usual * wave * grown * (0.85 + 0.3 * noise(index, salt)));
    const [critical, high, medium] = [count(34, 1), count(210, 2), count(460, 3)];
    return {
      day: new Date(until.getTime() - (days - index) * DAY_MS).toISOString().slice(0, 10),
      critical,
      high,
      medium,
      low: count(90, 4),
      unknown: count(25, 5),
      exploited: Math.round(critical / 5),
      hosts_count: Math.min(420, 120 + critical * 4),
    };
  });
}

/** Writes such a history; where vulnerabilities are known, some of them left between its days. */
export async function seedExposure(db: Database, days: number, until: Date): Promise<void> {
  const history = exposureHistory(days, until);
  const noted_at = until;
  await db
    .insertInto("exposure_days")
    .values(history.map((day) => ({ ...day, noted_at })))
    .onConflict((oc) => oc.column("day").doNothing())
    .execute();
  const known = await db.selectFrom("vulnerabilities").select("id").orderBy("id").limit(1000).execute();
  if (known.length === 0) return;
  const closed = history.flatMap(({ day, high }, index) => {
    const before = history[index - 1]?.high ?? high;
    const closed_at = new Date(`${day}T12:00:00Z`);
    return Array.from({ length: Math.max(0, before - high) }, (_, number) => ({
      vulnerability_id: known[number % known.length]?.id ?? 0,
      severity: "high",
      kev: false,
      first_seen: new Date(closed_at.getTime() - ((number % 20) + 2) * DAY_MS),
      closed_at,
    }));
  });
  if (closed.length > 0) await db.insertInto("closed_exposures").values(closed).execute();
}
