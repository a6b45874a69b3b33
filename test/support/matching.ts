import { createHash } from "node:crypto";
import { sql } from "kysely";
import { compileCatalogue } from "#domain/vulnerability/identity/catalogue.ts";
import type { AffectedRange, VulnerabilityFacts } from "#domain/vulnerability/model.ts";
import { updateHostDetails } from "#server/devices/update-host-details.ts";
import { createLog } from "#server/observe/log.ts";
import { vulnerabilitiesOfHostsQuery } from "#server/vulnerabilities/hosts/host-vulnerability-store.ts";
import { presentHostVulnerability } from "#server/vulnerabilities/hosts/list-host-vulnerabilities.ts";
import type { MatchingDeps } from "#server/vulnerabilities/matching/deps.ts";
import { matchingSettle } from "#server/vulnerabilities/matching/run-matching.ts";
import { openInventory, type Inventory } from "./inventory.ts";

/** An inventory whose software is matched. */
export interface MatchingInventory extends Inventory {
  matching: MatchingDeps;
  /** Matches everything that waits. */
  settle(): Promise<void>;
  /** A host of a Debian release, or of another operating system. */
  host(system?: Partial<System>): Promise<number>;
  system(hostId: number, system: Partial<System>): Promise<void>;
  /** Loads one record in place of what it said before, in one transaction, as feeds are loaded. */
  feed(name: string, packages: Packages, options?: { facts?: VulnerabilityFacts; aliases?: [string, string][] }): Promise<void>;
  /** Open findings by names, as `source name version (scope): CVE state fix`. */
  findings(): Promise<string[]>;
  /** What is open on a host, as its list shows it. */
  findingsOn(hostId: number): Promise<ReturnType<typeof presentHostVulnerability>[]>;
}

/** Ranges by `ecosystem package`. */
export type Packages = Readonly<Record<string, AffectedRange[]>>;

interface System {
  platform: string;
  os_name: string;
  os_version: string;
  arch: string;
  kernel_version: string;
}

const DEBIAN: System = {
  platform: "debian",
  os_name: "Debian GNU/Linux",
  os_version: "12 (bookworm)",
  arch: "x86_64",
  kernel_version: "6.1.0-18-amd64",
};

export async function openMatching(): Promise<MatchingInventory> {
  const inventory = await openInventory();
  const { db } = inventory.database;
  const catalogue = compileCatalogue({ entries: [], vendor_aliases: {}, formulas: {} });
  const matching: MatchingDeps = {
    db,
    log: createLog("silent"),
    now: () => new Date(),
    catalogue: async () => ({ catalogue, version: 1 }),
  };
  const system = async (hostId: number, given: Partial<System>): Promise<void> => {
    await updateHostDetails({ db, now: () => new Date() }, hostId, { ...DEBIAN, ...given });
  };
  return {
    ...inventory,
    matching,
    settle: () => matchingSettle(matching),
    system,
    async host(given = {}) {
      const host = await inventory.newHost();
      await system(host, given);
      return host;
    },
    feed: (name, packages, options) => loadRecord(matching, name, packages, options),
    findings: () => findingsByName(matching),
    async findingsOn(hostId) {
      const rows = await vulnerabilitiesOfHostsQuery(db, [hostId], { suppressed: "no" }).execute();
      return rows.map(presentHostVulnerability);
    },
  };
}

async function loadRecord(
  { db }: MatchingDeps,
  name: string,
  packages: Packages,
  { facts = { severity: "high" }, aliases = [] }: { facts?: VulnerabilityFacts; aliases?: [string, string][] } = {},
): Promise<void> {
  const named = Object.entries(packages).map(([key, ranges]) => ({ key: /^(\S+) (.+)$/.exec(key) ?? [], ranges }));
  const cves = [...new Set([name, ...named.flatMap(({ ranges }) => ranges.map((r) => r.vulnerability))])];
  const digest = createHash("md5")
    .update(JSON.stringify([packages, facts, aliases]))
    .digest();
  await db.transaction().execute(async (tx) => {
    await sql`INSERT INTO feed_parts (feed, part) VALUES ('test', 'all') ON CONFLICT DO NOTHING`.execute(tx);
    await sql`
      INSERT INTO match_queue (ecosystem, package) SELECT DISTINCT a.ecosystem, a.package
      FROM affected_packages a JOIN feed_records r ON r.id = a.record_id WHERE r.name = ${name} ON CONFLICT DO NOTHING`.execute(
      tx,
    );
    await sql`DELETE FROM feed_records WHERE name = ${name}`.execute(tx);
    const { rows } = await sql<{ id: number }>`
      INSERT INTO feed_records (part_id, name, digest, vulnerabilities, facts)
      SELECT id, ${name}, ${digest}, ${cves}::text[], ${JSON.stringify(facts)} FROM feed_parts WHERE feed = 'test' RETURNING id`.execute(
      tx,
    );
    const id = rows[0]?.id ?? 0;
    for (const { key, ranges } of named) {
      const [, ecosystem = "", pkg = ""] = key;
      // oxlint-disable-next-line no-await-in-loop -- a transaction has one connection
      await sql`
        WITH said AS (
          INSERT INTO affected_packages (record_id, ecosystem, package, ranges) VALUES (${id}, ${ecosystem}, ${pkg}, ${JSON.stringify(ranges)})
        ) INSERT INTO match_queue (ecosystem, package) VALUES (${ecosystem}, ${pkg}) ON CONFLICT DO NOTHING`.execute(tx);
    }
    await sql`
      INSERT INTO vulnerability_aliases (record_id, alias, vulnerability)
      SELECT ${id}, * FROM unnest(${aliases.map(([a]) => a)}::text[], ${aliases.map(([, b]) => b)}::text[])`.execute(tx);
    await sql`INSERT INTO merge_queue (cve) SELECT unnest(${cves}::text[]) ON CONFLICT (cve) DO UPDATE SET scores_only = false`.execute(
      tx,
    );
  });
}

async function findingsByName({ db }: MatchingDeps): Promise<string[]> {
  const { rows } = await sql<{ words: string }>`
    SELECT concat_ws(' ', coalesce(s.source || ' ' || s.name || ' ' || s.version, 'system ' || o.name || ' ' || o.version),
      '(' || c.name || '):', v.cve, f.state, f.resolved_in_version, f.suppressed) AS words
    FROM findings f JOIN match_subjects m ON m.id = f.subject_id JOIN os_scopes c ON c.id = m.os_scope_id
      JOIN vulnerabilities v ON v.id = f.vulnerability_id LEFT JOIN software s ON s.id = m.software_id
      LEFT JOIN operating_systems o ON o.id = m.operating_system_id`.execute(db);
  return rows.map(({ words }) => words).toSorted();
}

/** A day's scores, in the place of all that were there, as a load leaves them. */
export async function loadScores(db: MatchingDeps["db"], scores: readonly { cve: string; epss: number }[]): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`DELETE FROM epss_scores`.execute(tx);
    await sql`
      INSERT INTO epss_scores (cve, epss, percentile)
      SELECT cve, epss, epss FROM unnest(${scores.map((s) => s.cve)}::text[], ${scores.map((s) => s.epss)}::real[]) g (cve, epss)`.execute(
      tx,
    );
    await sql`
      INSERT INTO merge_queue (cve, scores_only)
      SELECT v.cve, true FROM vulnerabilities v LEFT JOIN epss_scores e USING (cve)
      WHERE (v.epss, v.epss_percentile) IS DISTINCT FROM (e.epss, e.percentile) ON CONFLICT DO NOTHING`.execute(tx);
  });
}

/**
 * Everything that is wrong with what is stored, told from the rows by statements of its own: exposures whose numbers differ from the
 * hosts that have the findings, and lists that show other numbers or predictions of software and vulnerabilities. Empty when all is right.
 */
export async function wrongExposures({ db }: MatchingDeps): Promise<unknown[]> {
  const { rows } = await sql`
    WITH held AS (
      SELECT DISTINCT f.vulnerability_id, h.id AS host_id FROM hosts h
        LEFT JOIN operating_systems o ON o.id = h.operating_system_id LEFT JOIN os_scopes s ON s.id = o.os_scope_id
        JOIN host_software hs ON hs.host_id = h.id
        JOIN match_subjects m ON m.software_id = hs.software_id AND m.facts_id = coalesce(hs.facts_id, 0)
          AND m.os_scope_id IN (0, s.id, s.family_id)
        JOIN findings f ON f.subject_id = m.id AND f.suppressed IS NULL
      UNION
      SELECT f.vulnerability_id, h.id FROM hosts h JOIN match_subjects m ON m.operating_system_id = h.operating_system_id
        JOIN findings f ON f.subject_id = m.id AND f.suppressed IS NULL
    ), real AS (SELECT vulnerability_id, count(*)::integer AS n FROM held GROUP BY 1)
    SELECT 'exposure' AS kind, v.cve AS name, e.hosts_count AS stored, r.n AS real
    FROM real r FULL JOIN (SELECT * FROM vulnerability_exposures WHERE NOT suppressed) e USING (vulnerability_id)
      JOIN vulnerabilities v ON v.id = vulnerability_id
    WHERE r.n IS DISTINCT FROM e.hosts_count
    UNION ALL
    SELECT 'score', cve, e.epss, s.epss FROM vulnerability_exposures e JOIN vulnerabilities v USING (cve) LEFT JOIN epss_scores s USING (cve)
    WHERE (e.epss, v.epss, v.epss_percentile) IS DISTINCT FROM (s.epss, s.epss, s.percentile)
    UNION ALL
    SELECT 'prediction', e.software_id::text, e.epss_max, r.epss FROM software_exposures e LEFT JOIN (
      SELECT m.software_id, max(s.epss) AS epss FROM match_subjects m JOIN findings f ON f.subject_id = m.id
        JOIN vulnerabilities v ON v.id = f.vulnerability_id JOIN epss_scores s USING (cve)
      WHERE f.suppressed IS NULL GROUP BY 1
    ) r USING (software_id) WHERE e.epss_max IS DISTINCT FROM r.epss
    UNION ALL
    SELECT 'software', coalesce(r.software_id, e.software_id)::text, e.vulnerabilities_count, r.n
    FROM (
      SELECT m.software_id, count(DISTINCT f.vulnerability_id)::integer AS n FROM match_subjects m JOIN findings f ON f.subject_id = m.id
      WHERE m.software_id IS NOT NULL AND f.suppressed IS NULL GROUP BY 1
    ) r FULL JOIN software_exposures e ON e.software_id = r.software_id
    WHERE r.n IS DISTINCT FROM e.vulnerabilities_count`.execute(db);
  return rows;
}
