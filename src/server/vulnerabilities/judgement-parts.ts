import type { Config } from "../config.ts";
import type { Database } from "../database/tables.ts";
import type { Route } from "../http/route.ts";
import type { Job } from "../jobs/job.ts";
import { decisionsJobs } from "./decisions/jobs.ts";
import { decisionsRoutes } from "./decisions/routes.ts";
import { fixFirstJobs } from "./fix-first/jobs.ts";
import { createMailer } from "./notifications/mailer.ts";
import { notificationsJobs } from "./notifications/jobs.ts";
import { notificationsRoutes } from "./notifications/routes.ts";
import { createSecretBox, type SecretBox } from "./notifications/secret-box.ts";
import { slaJobs } from "./sla/jobs.ts";
import { slaRoutes } from "./sla/routes.ts";
import { vexRoutes } from "./vex/routes.ts";

export interface JudgementDeps {
  db: Database;
  now: () => Date;
  config: Pick<Config, "publicUrl" | "host" | "port" | "smtpUrl" | "smtpFrom" | "secretKeys" | "dataDir">;
}

/** The REST endpoints of judgement: decisions, VEX, what to fix first, time limits, notifications. */
export function judgementRoutes({ db, now, config }: JudgementDeps): Route[] {
  const deps = { db, now };
  return [
    ...decisionsRoutes(deps),
    ...vexRoutes({ ...deps, publicUrl: config.publicUrl }),
    ...slaRoutes(deps),
    ...notificationsRoutes({ ...deps, hasMailer: config.smtpUrl !== null, secrets: secretsOf(config) }),
  ];
}

/** Its background work. */
export function judgementJobs({ db, now, config }: JudgementDeps): Job[] {
  const { smtpUrl, smtpFrom, host, port } = config;
  const mailer = smtpUrl === null || smtpFrom === null ? null : createMailer(smtpUrl, smtpFrom);
  const secrets = secretsOf(config);
  const origin = config.publicUrl ?? `http://${host}:${port}`;
  return [
    ...decisionsJobs({ db, now }),
    ...fixFirstJobs({ db, now }),
    ...slaJobs({ db, now }),
    ...notificationsJobs({ db, now, random: Math.random, mailer, secrets, origin }),
  ];
}

function secretsOf({ secretKeys, dataDir }: JudgementDeps["config"]): SecretBox {
  return createSecretBox(secretKeys, dataDir);
}
