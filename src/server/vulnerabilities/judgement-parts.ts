import type { Job } from "../jobs/job.ts";
import type { Route } from "../http/route.ts";
import { decisionsJobs } from "./decisions/jobs.ts";
import { decisionsRoutes } from "./decisions/routes.ts";
import { slaJobs } from "./sla/jobs.ts";
import { slaRoutes } from "./sla/routes.ts";
import { vexRoutes } from "./vex/routes.ts";
import type { ExportDeps } from "./vex/export-vex.ts";

export type JudgementDeps = ExportDeps;

/** The REST endpoints of judgement: decisions, VEX, what to fix first, time limits, notifications. */
export function judgementRoutes(deps: JudgementDeps): Route[] {
  return [...decisionsRoutes(deps), ...vexRoutes(deps), ...slaRoutes(deps)];
}

/** Its background work. */
export function judgementJobs(deps: JudgementDeps): Job[] {
  return [...decisionsJobs(deps), ...slaJobs(deps)];
}
