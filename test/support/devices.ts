import { createLog } from "#server/observe/log.ts";
import { createMetrics } from "#server/observe/metrics.ts";
import { readonly } from "#server/database/pools.ts";
import type { Database } from "#server/database/tables.ts";
import type { DevicesDeps } from "#server/devices/deps.ts";
import { enrollHost } from "#server/devices/enroll-host.ts";
import type { Enrollment } from "#server/devices/enroll-host.ts";
import type { EnrollInput } from "#server/devices/enrollee.ts";
import type { TestDatabase } from "./postgres.ts";
import { testDatabase } from "./postgres.ts";

/** The devices component on a database of its own, with a clock that the test moves. */
export interface DevicesFixture extends DevicesDeps {
  database: TestDatabase;
  secret: string;
  /** Signals that were published, as `channel payload`. */
  published: string[];
  /** Moves the clock. */
  wait(seconds: number): void;
  /** Enrols with what the test says, the rest plausible: an osquery agent of a machine with a uuid and a serial of its own. */
  enroll(input?: EnrollOverrides): Promise<Enrollment>;
  /** Activities of a type, oldest first. */
  activities(type: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export type EnrollOverrides = Partial<Omit<EnrollInput, "hardware">> & { hardware?: Partial<EnrollInput["hardware"]> };

export const ENROLL_SECRET = "correct-horse-battery";

/** Makes a {@link DevicesFixture}; close it after the test. */
export async function devicesFixture(): Promise<DevicesFixture> {
  const database = await testDatabase();
  const { db } = database;
  await db.insertInto("enroll_secrets").values({ secret: ENROLL_SECRET }).execute();
  let time = Date.parse("2026-03-01T12:00:00Z");
  const published: string[] = [];
  const deps: DevicesDeps = {
    db,
    replica: readonly(db),
    now: () => new Date(time),
    log: createLog("silent"),
    metrics: createMetrics(),
    signals: { publish: async (channel, payload) => void published.push(`${channel} ${payload}`) },
  };
  return {
    ...deps,
    database,
    secret: ENROLL_SECRET,
    published,
    wait: (seconds) => void (time += seconds * 1000),
    enroll: (input = {}) => enrollHost(deps, enrollInput(input)),
    activities: (type) => activitiesOfType(db, type),
    close: () => database.close(),
  };
}

/** A plausible enrolment with a test's own values. */
export function enrollInput(input: EnrollOverrides = {}): EnrollInput {
  const { hardware, ...rest } = input;
  return {
    agent: "osquery",
    enroll_secret: ENROLL_SECRET,
    identifier: "4C4C4544-0042-3510-8054-B4C04F564433",
    agent_version: "5.23.0",
    platform: "ubuntu",
    public_ip: "203.0.113.7",
    ...rest,
    hardware: {
      uuid: "4C4C4544-0042-3510-8054-B4C04F564433",
      hardware_serial: "5VD4V33",
      hostname: "anna-laptop",
      instance_id: "",
      ...hardware,
    },
  };
}

async function activitiesOfType(db: Database, type: string): Promise<Record<string, unknown>[]> {
  const rows = await db.selectFrom("activities").where("type", "=", type).orderBy("id").select("details").execute();
  return rows.map((row) => row.details);
}
