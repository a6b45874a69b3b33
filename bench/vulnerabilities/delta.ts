import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import {
  loadFeeds,
  loadLine,
  matchAll,
  type LoadFigures,
  type MatchFigures,
  phaseLines,
  type WithDatabase,
} from "./processes.ts";
import { type RowsOptions, withCatalogue } from "./rows.ts";

export interface DeltaFigures {
  changes: Changes;
  subjects: number;
  load: WithDatabase<LoadFigures>;
  match: WithDatabase<MatchFigures>;
  /** From the first byte read until everything is matched, merged and counted. */
  seconds: number;
}

/** How much of each feed differs from the day before. */
interface Changes {
  nvd_cves: number;
  debian_cves: number;
  epss_scores: number;
}

const SECONDS_MAX = 30;
const FEEDS = ["nvd", "debian", "epss"];
const NVD = "nvd/nvdcve-2.0-modified-2022-10-20.converted.json.gz";
const DEBIAN = "debian/security-tracker.converted-from-osv-2025-02.slice.json.gz";
const EPSS = "epss/epss_scores-2021-08-31.csv.gz";
const DEBIAN_CVES = 1000;

/**
 * The day after: the 459 CVEs of a real day's changes of NVD have other ends of their ranges, 1,000 CVEs of Debian's tracker other fixes, and all
 * scores of EPSS moved. Feeds that come as whole files are read whole, as in reality; NVD's year as well, which a server asks for its changes
 * only.
 */
export async function deltaBench(options: RowsOptions, say: (line: string) => void): Promise<DeltaFigures> {
  return await withCatalogue(options, say, async (place, database) => {
    const directory = await mkdtemp(join(tmpdir(), "muster-day-after-"));
    try {
      const changes = await makeDayAfter(options.corpus, directory);
      const started = performance.now();
      const load = await loadFeeds(place, directory, FEEDS);
      const match = await matchAll(place, "settle");
      const seconds = (performance.now() - started) / 1000;
      return { changes, subjects: await database.rowCount("match_subjects"), load, match, seconds };
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
}

async function makeDayAfter(corpus: string, directory: string): Promise<Changes> {
  for (const feed of FEEDS) await cp(join(corpus, feed), join(directory, feed), { recursive: true });
  // each run is a day of its own, so that a database may be used again
  const day = String(Math.floor(Date.now() / 1000));
  return {
    nvd_cves: await rewrite(directory, NVD, (text) => movedNvd(text, day)),
    debian_cves: await rewrite(directory, DEBIAN, (text) => movedDebian(text, day)),
    epss_scores: await rewrite(directory, EPSS, movedEpss),
  };
}

async function rewrite(
  directory: string,
  name: string,
  change: (text: string) => { text: string; count: number },
): Promise<number> {
  const path = join(directory, name);
  const { text, count } = change(gunzipSync(await readFile(path)).toString());
  await rm(path);
  await writeFile(path, gzipSync(text));
  return count;
}

function movedNvd(text: string, day: string): { text: string; count: number } {
  const { vulnerabilities } = JSON.parse(text) as { vulnerabilities: unknown[] };
  const moved = text
    .replaceAll(/("versionEndExcluding"\s*:\s*"[^"]*)"/g, `$1.${day}"`)
    .replaceAll(/("lang"\s*:\s*"en"\s*,\s*"value"\s*:\s*")/g, `$1(${day}) `);
  return { text: moved, count: vulnerabilities.length };
}

type Tracker = Record<string, Record<string, { releases?: Record<string, { fixed_version?: string }> }>>;

function movedDebian(text: string, day: string): { text: string; count: number } {
  const tracker = JSON.parse(text) as Tracker;
  let count = 0;
  for (const cves of Object.values(tracker))
    for (const { releases = {} } of Object.values(cves)) {
      const fixed = Object.values(releases).filter(({ fixed_version = "0" }) => fixed_version !== "0");
      if (fixed.length === 0 || count === DEBIAN_CVES) continue;
      for (const release of fixed) release.fixed_version += `+b${day}`;
      count++;
    }
  return { text: JSON.stringify(tracker), count };
}

function movedEpss(text: string): { text: string; count: number } {
  const share = 0.9 + Math.random() / 10;
  let count = 0;
  const moved = text.replaceAll(/^(CVE-[\d-]+),([\d.]+)/gm, (_, cve: string, score: string) => {
    count++;
    return `${cve},${(Number(score) * share).toFixed(5)}`;
  });
  return { text: moved, count };
}

export function deltaReport({ changes, subjects, load, match, seconds }: DeltaFigures): string {
  const n = (value: number) => value.toLocaleString("en");
  return [
    `${n(changes.nvd_cves)} CVEs of NVD, ${n(changes.debian_cves)} of Debian and ${n(changes.epss_scores)} scores of EPSS changed, ${n(subjects)} subjects`,
    `  loaded: ${loadLine(load)}`,
    ...phaseLines(match),
    `  in all ${seconds.toFixed(1)} s of at most ${SECONDS_MAX}: ${seconds <= SECONDS_MAX ? "holds" : "MISSED"}`,
    "",
  ].join("\n");
}
