import { SOFTWARE_ROWS_PER_REPORT_MAX } from "#domain/core/limits.ts";
import { markDistributionLibraries, tellEpochs } from "#domain/software/package-facts.ts";
import { namePythonPackages } from "#domain/software/python-homonyms.ts";
import type { SoftwareEntry, SourceReport } from "#domain/software/software.ts";
import { addLastRuns, addSignatures, hasFirefox, nameFirefoxEsr } from "./enrich.ts";
import { ENTRY_MAKERS } from "./entries.ts";
import { addPackageOpenings } from "./package-openings.ts";
import { portablePrograms } from "./portable-programs.ts";
import type { QueryResult, ResultRow } from "./results.ts";

type Results = ReadonlyMap<string, QueryResult>;

/**
 * What a distributed write says about each source. A source whose query failed is `ok: false`; one whose query was not asked or
 * was skipped by discovery is absent: in neither case is anything known to be removed. Pure.
 *
 * @param platform the host's platform as osquery names it (`ubuntu`); decides how Python packages are named
 */
export function softwareReports(results: Results, platform: string): SourceReport[] {
  const reports = new Map<string, SourceReport>();
  let rows = 0;
  for (const [query, maker] of ENTRY_MAKERS) {
    const result = results.get(query);
    if (result === undefined) continue;
    // results of an older variant, kept by an agent through an upgrade, must not hide the newer one's success
    if (reports.get(maker.source)?.ok === true && !result.ok) continue;
    if (result.ok) rows += (result.entries ?? result.rows).length;
    reports.set(
      maker.source,
      rows > SOFTWARE_ROWS_PER_REPORT_MAX ? tooMany(maker.source, rows) : sourceReport(maker.source, query, result),
    );
  }
  change(reports, "apps", (entries) => enrichApps(entries, results));
  change(reports, "programs", (entries) => enrichPrograms(entries, results));
  for (const source of ["deb_packages", "rpm_packages"])
    change(reports, source, (entries) => addPackageOpenings(entries, okRows(results, `muster_software_${source}_opened`)));
  change(reports, "rpm_packages", tellEpochs);
  namePython(reports, platform);
  for (const source of ["python_packages", "npm_packages"])
    change(reports, source, (entries) => markDistributionLibraries(platform, entries));
  return [...reports.values()];
}

function sourceReport(source: string, query: string, result: QueryResult): SourceReport {
  if (!result.ok) return { source, ok: false, error: result.error };
  if (result.entries !== undefined) return { source, ok: true, entries: [...result.entries] };
  const maker = ENTRY_MAKERS.get(query);
  return { source, ok: true, entries: maker === undefined ? [] : result.rows.map((row) => maker.entry(row)) };
}

/** Refusing the whole write would make the agent send it again for ever; so the source that crosses the bound says why. */
function tooMany(source: string, rows: number): SourceReport {
  return {
    source,
    ok: false,
    error: `${rows} software rows in one report; at most ${SOFTWARE_ROWS_PER_REPORT_MAX} are accepted from one host.`,
  };
}

function change(
  reports: Map<string, SourceReport>,
  source: string,
  alter: (entries: SoftwareEntry[]) => SoftwareEntry[] | string,
): void {
  const report = reports.get(source);
  if (report?.ok !== true) return;
  const altered = alter(report.entries);
  reports.set(
    source,
    typeof altered === "string" ? { source, ok: false, error: altered } : { source, ok: true, entries: altered },
  );
}

/** A failed signature query costs the signatures only; a failed name query the whole source, or Firefox ESR would seem replaced. */
function enrichApps(entries: SoftwareEntry[], results: Results): SoftwareEntry[] | string {
  const firefox = results.get("muster_software_apps_firefox");
  if (firefox?.ok === false && hasFirefox(entries))
    return `The query that tells Firefox from Firefox ESR failed: ${firefox.error}`;
  const signatures = ["codesign", "signature", "executable_hashes"].flatMap((q) => okRows(results, `muster_software_apps_${q}`));
  return addSignatures(firefox === undefined ? entries : nameFirefoxEsr(entries, firefox.rows), signatures);
}

/** Without the scan's rows every portable program would look removed, so a failed scan leaves the whole source as recorded. */
function enrichPrograms(entries: SoftwareEntry[], results: Results): SoftwareEntry[] | string {
  const scan = results.get("muster_software_programs_files") ?? results.get("muster_software_programs_files_without_version");
  if (scan?.ok === false) return `The look through Program Files failed: ${scan.error}`;
  const all = scan === undefined ? entries : [...entries, ...portablePrograms(entries, scan.rows)];
  return addLastRuns(all, okRows(results, "muster_software_programs_prefetch"));
}

function okRows(results: Results, query: string): ResultRow[] {
  const result = results.get(query);
  return result?.ok === true ? result.rows : [];
}

/**
 * Which Python packages are left out depends on the deb packages. Where their query failed, Python packages stay as recorded; else
 * one such failure would list every one of them twice for an hour.
 */
function namePython(reports: Map<string, SourceReport>, platform: string): void {
  const debs = reports.get("deb_packages");
  change(reports, "python_packages", (entries) => {
    const debNames = new Set(debs?.ok === true ? debs.entries.map((entry) => entry.name) : []);
    const named = namePythonPackages(platform, entries, debNames);
    const depends = debs?.ok === false && named.some((entry, i) => entry.name !== entries[i]?.name);
    return depends ? `Which Python packages come from deb packages is not known: ${debs.error}` : named;
  });
}
