import type { FastifyInstance } from "fastify";
import { readonly } from "#server/database/pools.ts";
import { devicesRoutes } from "#server/devices/routes.ts";
import { buildApp } from "#server/http/app.ts";
import type { Caller } from "#server/http/route.ts";
import { inventoryExportRoutes, inventoryRoutes } from "#server/inventory/routes.ts";
import { createSignals } from "#server/notify/signals.ts";
import { createLog } from "#server/observe/log.ts";
import { createMetrics } from "#server/observe/metrics.ts";
import { vulnerabilitiesRoutes } from "#server/vulnerabilities/routes.ts";
import { entryOf } from "./inventory.ts";
import { openMatching, type MatchingInventory } from "./matching.ts";
import { debRange, rangeOf } from "./vulnerability-ranges.ts";

const ADMIN: Caller = { user_id: 1, session_id: 1, name: "Ada", email: "ada@example.org", api_only: false, global_role: "admin" };

export const SSH = "CVE-2024-6387";
export const KERNEL = "CVE-2024-1086";
export const CURL = "CVE-2023-38545";
export const LODASH = "CVE-2021-23337";
export const LODASH_ALIAS = "GHSA-35jh-r3h4-6jhm";

/** A small fleet whose software was matched, behind the endpoints of inventory and vulnerabilities. */
export interface AssessedFleet extends MatchingInventory {
  app: FastifyInstance;
  /** Debian hosts: `one` holds an old kernel, the running one and everything else; `two` only curl and lodash. */
  hosts: { one: number; two: number };
  get<T = Record<string, unknown>>(path: string): Promise<{ status: number; body: T }>;
  text(path: string): Promise<{ status: number; body: string }>;
  softwareId(name: string): Promise<number>;
  close(): Promise<void>;
}

const deb = (name: string, version: string, source_package: string) =>
  entryOf("deb_packages", { name, version, facts: { source_package, source_version: version } });

/** Feeds that tell of four vulnerabilities, and two hosts that have them. */
export async function openAssessedFleet(): Promise<AssessedFleet> {
  const matching = await openMatching();
  const { db, url } = matching.database;
  await tellVulnerabilities(matching);
  const one = await matching.host();
  const two = await matching.host();
  await reportSoftware(matching, { one, two });
  await matching.settle();
  const log = createLog("silent");
  const metrics = createMetrics();
  const now = () => new Date();
  const signals = createSignals({ url, db, log });
  const devices = { db, replica: readonly(db), signals, now, log, metrics };
  const routes = [
    ...devicesRoutes(devices),
    ...inventoryRoutes({ db, now }),
    ...inventoryExportRoutes({ db, now }),
    ...vulnerabilitiesRoutes({ db, now, dataDir: "/nonexistent" }),
  ];
  const config = { publicUrl: null, tlsCert: null, tlsKey: null };
  const authenticate = async (token: string) => (token === "admin" ? ADMIN : null);
  const app = await buildApp({ routes, plugins: [], authenticate, config, log, metrics, webRoot: null });
  const inject = async (path: string) =>
    app.inject({ method: "GET", url: `/api/v1/fleet${path}`, headers: { authorization: "Bearer admin" } });
  return {
    ...matching,
    app,
    hosts: { one, two },
    async get<T>(path: string) {
      const reply = await inject(path);
      return { status: reply.statusCode, body: (reply.body === "" ? null : reply.json()) as T };
    },
    async text(path) {
      const reply = await inject(path);
      return { status: reply.statusCode, body: reply.body };
    },
    async softwareId(name) {
      return (await db.selectFrom("software").select("id").where("name", "=", name).executeTakeFirstOrThrow()).id;
    },
    async close() {
      await app.close();
      await signals.close();
      await matching.database.close();
    },
  };
}

async function tellVulnerabilities(fleet: MatchingInventory): Promise<void> {
  const cvss = (vector: string) => [{ source: "NVD", version: "3.1" as const, vector }];
  await fleet.feed(
    SSH,
    { "deb:debian:12 openssh": [debRange({ vulnerability: SSH, fixed: "1:9.2p1-2+deb12u3" })] },
    {
      facts: {
        description: "A signal handler race condition in sshd.",
        published: "2024-07-01T13:15:06.000Z",
        cvss: cvss("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H"),
      },
    },
  );
  await fleet.feed(
    KERNEL,
    { "deb:debian:12 linux": [debRange({ vulnerability: KERNEL, fixed: "6.1.76-1" })] },
    {
      facts: {
        description: "A use after free in nf_tables.",
        published: "2024-01-31T13:15:10.000Z",
        cvss: cvss("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"),
        kev: { date_added: "2024-05-30", ransomware: false, source: "CISA" },
      },
    },
  );
  await fleet.feed(
    CURL,
    { "deb:debian:12 curl": [debRange({ vulnerability: CURL, fix: "unfixed" })] },
    {
      facts: {
        description: "A heap overflow in the SOCKS5 handshake.",
        published: "2023-10-18T04:15:11.000Z",
        cvss: cvss("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"),
      },
    },
  );
  await fleet.feed(
    LODASH,
    {
      "npm lodash": [
        rangeOf({ vulnerability: LODASH, scheme: "semver", name_kind: "package", provider: "osv", fixed: "4.17.21" }),
      ],
    },
    { facts: { description: "Command injection.", severity: "high" }, aliases: [[LODASH_ALIAS, LODASH]] },
  );
}

async function reportSoftware(fleet: MatchingInventory, { one, two }: { one: number; two: number }): Promise<void> {
  await fleet.report(one, "deb_packages", [
    deb("openssh-server", "1:9.2p1-2", "openssh"),
    deb("linux-image-6.1.0-18-amd64", "6.1.76-1", "linux-signed-amd64"),
    deb("linux-image-6.1.0-17-amd64", "6.1.69-1", "linux-signed-amd64"),
    deb("curl", "7.88.1-10", "curl"),
    deb("bash", "5.2.15-2", "bash"),
  ]);
  await fleet.report(two, "deb_packages", [deb("curl", "7.88.1-10", "curl")]);
  for (const host of [one, two]) {
    // oxlint-disable-next-line no-await-in-loop -- one check-in after the other
    await fleet.report(host, "npm_packages", [entryOf("npm_packages", { name: "lodash", version: "4.17.20" })]);
  }
}
