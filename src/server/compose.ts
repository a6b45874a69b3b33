import type { FastifyPluginAsync } from "fastify";
import { accessRoutes } from "./access/routes.ts";
import { authenticateToken } from "./access/authenticate-token.ts";
import type { AccessDeps } from "./access/deps.ts";
import { ensureAdminToken } from "./access/ensure-admin-token.ts";
import { ensureEnrollSecret } from "./access/ensure-enroll-secret.ts";
import { accessJobs } from "./access/jobs.ts";
import { createPasswords } from "./access/passwords.ts";
import { setupCode } from "./access/setup-code.ts";
import { activityRoutes } from "./activity/routes.ts";
import { musterAgentPlugin } from "./agents/muster/muster-agent-plugin.ts";
import { quickCalls } from "./agents/muster/quick-calls.ts";
import { osqueryPlugin } from "./agents/osquery/osquery-plugin.ts";
import { osqueryMemories } from "./agents/osquery/memories.ts";
import { quickOsqueryCalls } from "./agents/osquery/quick-calls.ts";
import { ReportMemory } from "./agents/report-memory.ts";
import type { Config } from "./config.ts";
import type { DatabaseHandles } from "./database/pools.ts";
import { NodeSessions } from "./devices/node-sessions.ts";
import { devicesJobs } from "./devices/jobs.ts";
import { devicesRoutes } from "./devices/routes.ts";
import { SeenBuffer } from "./devices/seen-buffer.ts";
import type { Authenticate } from "./http/authentication.ts";
import type { FastCall } from "./http/fast-lane.ts";
import type { Route } from "./http/route.ts";
import { createSessionCookie } from "./http/session-cookie.ts";
import { CatalogueIds } from "./inventory/catalogue-ids.ts";
import { createIngestMetrics } from "./inventory/ingest-metrics.ts";
import { historyJobs } from "./inventory/history/jobs.ts";
import { historyRoutes } from "./inventory/history/routes.ts";
import { inventoryJobs } from "./inventory/jobs.ts";
import { titlesRoutes } from "./inventory/titles/routes.ts";
import { inventoryExportRoutes, inventoryRoutes } from "./inventory/routes.ts";
import type { Job } from "./jobs/job.ts";
import { labelsJobs } from "./labels/jobs.ts";
import { labelsRoutes } from "./labels/routes.ts";
import { identityRoutes } from "./vulnerabilities/identity/routes.ts";
import { judgementJobs, judgementRoutes } from "./vulnerabilities/judgement-parts.ts";
import { FeedLoader } from "./vulnerabilities/feeds/engine/feed-loader.ts";
import { feedsJobs } from "./vulnerabilities/feeds/jobs.ts";
import { FEEDS } from "./vulnerabilities/feeds/registry.ts";
import { feedsRoutes } from "./vulnerabilities/feeds/routes.ts";
import { vulnerabilitiesJobs } from "./vulnerabilities/jobs.ts";
import { vulnerabilitiesRoutes } from "./vulnerabilities/routes.ts";
import { sweepFailedJobs } from "./jobs/sweep-failed-jobs.ts";
import { settingsRoutes } from "./settings/routes.ts";
import type { Signals } from "./notify/signals.ts";
import { healthPlugin } from "./observe/health-plugin.ts";
import type { Log } from "./observe/log.ts";
import type { Metrics } from "./observe/metrics.ts";

/** What one process has: the machinery that every component is given its part of. */
export interface Machinery {
  config: Config;
  handles: DatabaseHandles;
  signals: Signals;
  log: Log;
  metrics: Metrics;
  now: () => Date;
}

/** All components, put together: what HTTP serves, what runs in the background, what happens at start and stop. */
export interface Composition {
  routes: Route[];
  plugins: FastifyPluginAsync[];
  /** What is answered before the application sees it. */
  fastCalls: FastCall[];
  jobs: Job[];
  authenticate: Authenticate;
  /** Makes what the configuration asks for in the database; to be called once, by a process that serves. */
  prepare(): Promise<Preparation>;
  /** Writes what is gathered in memory; after the last request was answered. */
  stop(): Promise<void>;
}

export interface Preparation {
  /** A secret that devices enrol with. */
  enrollSecret: string;
  /** One-time code of the set-up page; null when set-up is done. */
  setupCode: string | null;
}

/** Puts the components together. The only place that knows all of them. */
export function compose(machinery: Machinery): Composition {
  const { config, handles, signals, log, metrics, now } = machinery;
  const db = handles.primary;
  const { replica } = handles;
  const { demonstration } = config;
  const access: AccessDeps = { db, now, log, passwords: createPasswords(), cookie: createSessionCookie(config), demonstration };
  const devices = { db, replica, signals, now, log, metrics };
  const ingest = { db, replica, log, metrics: createIngestMetrics(metrics), catalogueIds: new CatalogueIds() };
  const seen = new SeenBuffer(devices);
  const sessions = new NodeSessions({ db, now }, signals);
  const reports = new ReportMemory(sessions);
  const osquery = osqueryMemories({ sessions });
  const intervalSeconds = config.inventoryIntervalSeconds;
  const poolSize = handles.pool.options.max;
  const judgement = { db, now, config };
  const databaseUrl = handles.pool.options.connectionString ?? "";
  const { dataDir, feeds, feedsDir, feedsMirror, logLevel } = config;
  const loader = new FeedLoader({ order: { databaseUrl, logLevel, config: { dataDir, feeds, feedsDir, feedsMirror } }, log });
  return {
    routes: [
      ...accessRoutes(access),
      ...activityRoutes({ db }),
      ...devicesRoutes(devices),
      ...labelsRoutes(devices),
      ...settingsRoutes(devices),
      ...inventoryRoutes({ db, now }),
      ...historyRoutes({ db, now }),
      ...titlesRoutes({ db }),
      ...judgementRoutes(judgement),
      ...identityRoutes({ db, now, directory: dataDir }),
      ...inventoryExportRoutes({ db, now }),
      ...vulnerabilitiesRoutes({ db, now, dataDir }),
      ...feedsRoutes({ db, now, feeds: FEEDS, config }),
    ],
    plugins: [
      healthPlugin({ pool: handles.pool, metrics }),
      osqueryPlugin({ devices, ingest, seen, sessions, intervalSeconds, poolSize, now, log, metrics }, osquery),
      musterAgentPlugin({ devices, ingest, seen, sessions, reports, signals, intervalSeconds, poolSize }),
    ],
    fastCalls: [
      ...quickOsqueryCalls({ sessions, seen, intervalSeconds, now, ingest, ...osquery }),
      ...quickCalls({ sessions, seen, reports, devices }),
    ],
    jobs: [
      ...accessJobs(access),
      ...inventoryJobs({ db, now }),
      ...historyJobs({ db, now, retentionDays: config.historyRetentionDays }),
      ...labelsJobs({ db }),
      ...judgementJobs(judgement),
      ...devicesJobs(devices, ingest),
      ...vulnerabilitiesJobs({ db, now }),
      ...feedsJobs({ db, feeds: FEEDS, config, now, loader }),
      sweepFailedJobs({ pool: handles.pool, log }),
    ],
    authenticate: (token) => authenticateToken(access, token),
    async prepare() {
      await ensureAdminToken(access, config.adminToken);
      return { enrollSecret: await ensureEnrollSecret(access, config.enrollSecret), setupCode: await setupCode(access) };
    },
    async stop() {
      await loader.stop();
      sessions.stop();
      await seen.stop();
    },
  };
}
