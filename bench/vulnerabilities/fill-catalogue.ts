import { sql } from "kysely";
import { emptySoftwareEntry, IDENTITY_FIELDS, type SoftwareEntry } from "#domain/software/software.ts";
import type { ProductCatalogue } from "#domain/vulnerability/identity/catalogue.ts";
import { osScope, scopeOfSource } from "#domain/vulnerability/identity/os-scope.ts";
import { resolveIdentity } from "#domain/vulnerability/identity/resolve-identity.ts";
import type { OsScope } from "#domain/vulnerability/model.ts";
import { ENTRY_MAKERS } from "#server/agents/osquery/translate/entries.ts";
import { type DatabaseHandles, readonly } from "#server/database/pools.ts";
import { updateHostDetails } from "#server/devices/update-host-details.ts";
import { createIngestMetrics } from "#server/inventory/ingest-metrics.ts";
import { ingestReport } from "#server/inventory/ingest-report.ts";
import { createLog } from "#server/observe/log.ts";
import { createMetrics } from "#server/observe/metrics.ts";
import { loadProductCatalogue } from "#server/vulnerabilities/identity/load-catalogue.ts";
import type { Image } from "#test/support/simulated-osquery/images.ts";
import { benchImages } from "../fleet/images.ts";

/** Makers of entries by table, which the images' rows are in. */
const MAKERS = new Map([...ENTRY_MAKERS.values()].map((maker) => [maker.source, maker]));

interface Device {
  image: Image;
  scope: OsScope;
  entries: SoftwareEntry[];
}

/**
 * Reports every device of the shared images, and beside each a device of the same kind that holds other versions of the same software,
 * such as feeds name, until there are so many rows distinct by software and kind of host.
 *
 * @returns how many there are; fewer when feeds name no more versions
 */
export async function fillCatalogue(handles: DatabaseHandles, dataDir: string, rowsMax: number): Promise<number> {
  const db = handles.primary;
  const catalogue = await loadProductCatalogue({ db, directory: dataDir });
  const devices = benchImages().images.map(deviceOf);
  const seen = new Set<string>();
  const known = devices.map((device) => ({ ...device, entries: device.entries.filter((entry) => isNew(seen, device, entry)) }));
  const versions = await versionsInFeeds(handles, known, catalogue);
  const others = otherVersions(known, versions, catalogue, seen, rowsMax);
  for (const [i, device] of devices.entries()) {
    // oxlint-disable-next-line no-await-in-loop -- one device after the other, in the order of the images
    await report(handles, `image-${i}`, device);
    const entries = others[i] ?? [];
    // oxlint-disable-next-line no-await-in-loop
    if (entries.length > 0) await report(handles, `versions-${i}`, { ...device, entries });
  }
  return seen.size;
}

function deviceOf(image: Image): Device {
  const [os = {}] = image.host.os_version;
  const scope = osScope({ platform: image.host.platform, name: os["name"] ?? "", version: os["version"] ?? "" });
  const entries = Object.entries(image.tables).flatMap(([table, rows]) => {
    const maker = MAKERS.get(table);
    if (maker === undefined) return [];
    return rows
      .map((row): SoftwareEntry => ({ ...emptySoftwareEntry(table), ...maker.entry(row) }))
      .filter(({ name }) => name !== "");
  });
  return { image, scope, entries };
}

/** Whether nobody had the row on that kind of host, which it is remembered for. */
function isNew(seen: Set<string>, { scope }: Device, entry: SoftwareEntry): boolean {
  const name = JSON.stringify([scopeOfSource(entry.source, scope).name, IDENTITY_FIELDS.map((field) => entry[field])]);
  if (seen.has(name)) return false;
  seen.add(name);
  return true;
}

function keyNames({ scope }: Device, { facts, ...entry }: SoftwareEntry, catalogue: ProductCatalogue): string[] {
  const { keys } = resolveIdentity({ ...entry, ...facts }, scopeOfSource(entry.source, scope), catalogue);
  return keys.map((key) => `${key.ecosystem}\n${key.package}`);
}

/** The versions at which feeds say that something of a package ends, by its key. */
async function versionsInFeeds(
  { primary: db }: DatabaseHandles,
  devices: readonly Device[],
  catalogue: ProductCatalogue,
): Promise<Map<string, string[]>> {
  const keys = [...new Set(devices.flatMap((device) => device.entries.flatMap((entry) => keyNames(device, entry, catalogue))))];
  const { rows } = await sql<{ key: string; versions: string[] }>`
    SELECT a.ecosystem || chr(10) || a.package AS key, array_agg(DISTINCT r ->> 'fixed') AS versions
    FROM affected_packages a CROSS JOIN LATERAL json_array_elements(a.ranges) r
    WHERE (a.ecosystem, a.package) IN (SELECT split_part(k, chr(10), 1), split_part(k, chr(10), 2) FROM unnest(${keys}::text[]) k (k))
      AND r ->> 'fixed' <> '' GROUP BY 1`.execute(db);
  return new Map(rows.map(({ key, versions }) => [key, versions.toSorted()]));
}

/** By device, rows with other versions: the first other version of everything, then the second, and so on. */
function otherVersions(
  devices: readonly Device[],
  versions: ReadonlyMap<string, string[]>,
  catalogue: ProductCatalogue,
  seen: Set<string>,
  rowsMax: number,
): SoftwareEntry[][] {
  const others = devices.map((): SoftwareEntry[] => []);
  const choices = devices.map((device) =>
    device.entries.map((entry) => keyNames(device, entry, catalogue).flatMap((key) => versions.get(key) ?? [])),
  );
  for (let round = 0, added = true; added; round++) {
    added = false;
    for (const [d, device] of devices.entries())
      for (const [e, entry] of device.entries.entries()) {
        const version = choices[d]?.[e]?.[round];
        if (version === undefined) continue;
        added = true;
        if (seen.size >= rowsMax) return others;
        const other = withVersion(entry, version);
        if (isNew(seen, device, other)) others[d]?.push(other);
      }
  }
  return others;
}

/** The row as it would be at another version of its (source) package: `[epoch:]version[-release]` where the system writes it so. */
function withVersion(entry: SoftwareEntry, version: string): SoftwareEntry {
  const facts = entry.facts?.source_version === undefined ? entry.facts : { ...entry.facts, source_version: version };
  if (entry.source !== "rpm_packages") return { ...entry, version, facts };
  const [, epoch, bare = version] = /^(?:(\d+):)?(.*)$/.exec(version) ?? [];
  const cut = bare.lastIndexOf("-");
  const [number, release] = cut === -1 ? [bare, entry.release] : [bare.slice(0, cut), bare.slice(cut + 1)];
  return { ...entry, version: number, release, facts: epoch === undefined ? facts : { ...facts, epoch } };
}

async function report({ primary: db }: DatabaseHandles, hostname: string, { image, entries }: Device): Promise<void> {
  const { id } = await db.insertInto("hosts").values({ hostname }).returning("id").executeTakeFirstOrThrow();
  const [os = {}] = image.host.os_version;
  await updateHostDetails({ db, now: () => new Date() }, id, {
    platform: image.host.platform,
    os_name: os["name"] ?? "",
    os_version: os["version"] ?? "",
    arch: os["arch"] ?? "",
    kernel_version: image.host.kernel_info?.[0]?.["version"] ?? "",
  });
  const log = createLog("warn");
  const deps = { db, replica: readonly(db), log, metrics: createIngestMetrics(createMetrics()) };
  const sources = [...Map.groupBy(entries, ({ source }) => source)];
  await ingestReport(
    deps,
    id,
    sources.map(([source, own]) => ({ source, ok: true, entries: own })),
  );
}
