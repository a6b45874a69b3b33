import { cpeName } from "#domain/vulnerability/cpe-name.ts";
import { holdsKernel, isRunningKernel } from "#domain/vulnerability/running-kernel.ts";
import type { OsVersion } from "#protocol/rest/software.ts";
import type { VulnerabilityOfSoftware } from "#protocol/rest/vulnerability-shapes.ts";
import type { Readable } from "../../database/read-rows.ts";
import { presentFinding } from "../hosts/present-finding.ts";
import { cpesOf, cvesOfSoftware, findingsOfVersions, type VersionFinding } from "./software-finding-store.ts";
import {
  kernelsOnSystems,
  softwareNamed,
  systemsOfVersions,
  type KernelSoftware,
  type SystemRow,
} from "./system-finding-store.ts";
import { detailsPerRow, VULNERABILITIES_MAX } from "./vulnerabilities-of-software.ts";

type SystemFields = Pick<OsVersion, "generated_cpes" | "vulnerabilities_count" | "vulnerabilities">;
type Kernels = NonNullable<OsVersion["kernels"]>;

/** Packages that hold a kernel under one name, whatever its version. */
const KERNEL_NAMES = [
  ...["", "-rt", "-64k", "-uek", "-lt", "-ml", "-debug"].flatMap((kind) => [`kernel${kind}`, `kernel${kind}-core`]),
  ...["default", "azure", "longterm", "64kb"].map((kind) => `kernel-${kind}`),
].concat(["linux", "linux-lts", "linux-virt", "linux-edge", "linux-zen", "linux-hardened", "linux-rt", "linux-rt-lts"]);

/**
 * The vulnerabilities of operating system versions: of Windows and macOS their own, of Linux those of the kernels that hosts run.
 *
 * @param max vulnerabilities shown of each; the count is of all
 */
export async function vulnerabilitiesOfSystems(
  db: Readable,
  osVersionIds: readonly number[],
  max = VULNERABILITIES_MAX,
): Promise<(osVersionId: number) => SystemFields> {
  const systems = await systemsOfVersions(db, osVersionIds);
  const kernels = await runningKernels(db, systems);
  const shown = Math.min(max, detailsPerRow(osVersionIds.length));
  const subjects = osVersionIds.map((id) => ({
    id,
    systems: systems.filter(({ os_version_id }) => os_version_id === id).map((system) => system.id),
    software: kernels.get(id) ?? [],
  }));
  const found = Map.groupBy(await findingsOfVersions(db, subjects, shown), (row) => row.os_version_id);
  const cpes = await cpesByVersion(db, systems);
  return (id) => ({ generated_cpes: cpes.get(id) ?? [], ...shownOf(found.get(id) ?? [], shown) });
}

function shownOf(rows: readonly VersionFinding[], max: number) {
  return { vulnerabilities_count: rows[0]?.total ?? 0, vulnerabilities: rows.slice(0, max).map(presentFinding) };
}

/** The kernel packages that each system's hosts run, by the system's version. */
async function runningKernels(db: Readable, systems: readonly SystemRow[]): Promise<Map<number, number[]>> {
  const running = systems.filter(({ kernel_version }) => kernel_version !== "");
  if (running.length === 0) return new Map();
  const debian = running.flatMap(({ kernel_version: kernel }) => [`linux-image-${kernel}`, `linux-image-unsigned-${kernel}`]);
  const packages = await softwareNamed(db, [...KERNEL_NAMES, ...debian.map((name) => name.toLowerCase())]);
  const byVersion = new Map<number, number[]>();
  for (const { os_version_id, kernel_version } of running) {
    const own = packages.filter((one) => isRunningKernel(one, kernel_version) === true).map(({ id }) => id);
    byVersion.set(os_version_id, [...(byVersion.get(os_version_id) ?? []), ...own]);
  }
  return byVersion;
}

async function cpesByVersion(db: Readable, systems: readonly SystemRow[]): Promise<Map<number, string[]>> {
  const rows = await cpesOf(
    db,
    "operating_system_id",
    systems.map(({ id }) => id),
  );
  const byVersion = new Map<number, string[]>();
  for (const row of rows) {
    const version = systems.find(({ id }) => id === row.id)?.os_version_id ?? row.id;
    byVersion.set(version, [...new Set([...(byVersion.get(version) ?? []), cpeName(row)])]);
  }
  return byVersion;
}

/**
 * The kernels installed on the hosts of one Linux version, with their vulnerabilities; null: none (it is no Linux).
 *
 * @param max vulnerabilities shown; the count is of all
 */
export async function kernelsOfSystem(
  db: Readable,
  osVersionId: number,
  max = VULNERABILITIES_MAX,
): Promise<{ kernels: Kernels; vulnerabilities_count: number; vulnerabilities: VulnerabilityOfSoftware[] } | null> {
  const systems = await systemsOfVersions(db, [osVersionId]);
  const rows = (
    await kernelsOnSystems(
      db,
      systems.map(({ id }) => id),
    )
  ).filter(holdsKernel);
  if (rows.length === 0) return null;
  const byPackage = Map.groupBy(rows, (row) => row.id);
  const ids = [...byPackage.keys()];
  const [cves, findings] = await Promise.all([
    cvesOfSoftware(db, ids, VULNERABILITIES_MAX),
    findingsOfVersions(db, [{ id: osVersionId, systems: [], software: ids }], max),
  ]);
  const kernels = [...byPackage].map(([id, installed]) => ({
    id,
    name: installed[0]?.name ?? "",
    version: versionOf(installed[0]),
    vulnerabilities: cves.get(id) ?? null,
    hosts_count: sum(installed),
    running_hosts_count: sum(installed.filter((row) => isRunningKernel(row, row.kernel_version) === true)),
  }));
  return {
    kernels: kernels.toSorted((a, b) => b.hosts_count - a.hosts_count || a.id - b.id),
    ...shownOf(findings, max),
  };
}

function versionOf(software: KernelSoftware | undefined): string {
  if (software === undefined) return "";
  return software.release === "" ? software.version : `${software.version}-${software.release}`;
}

function sum(rows: readonly { hosts_count: number }[]): number {
  return rows.reduce((total, row) => total + row.hosts_count, 0);
}
