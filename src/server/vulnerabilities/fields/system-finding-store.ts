import { sql } from "kysely";
import { readRows, type Readable } from "../../database/read-rows.ts";

/** A row of operating_systems: one architecture and kernel of a version. */
export interface SystemRow {
  id: number;
  /** The id that stands for its version: the smallest of those of the same name, version and platform. */
  os_version_id: number;
  kernel_version: string;
  os_scope_id: number | null;
}

/** All rows of the versions that these ids stand for. */
export async function systemsOfVersions(db: Readable, osVersionIds: readonly number[]): Promise<SystemRow[]> {
  const rows = await readRows(
    db,
    sql<SystemRow>`
    SELECT o.id, given.id AS os_version_id, o.kernel_version, o.os_scope_id
    FROM operating_systems given JOIN operating_systems o USING (name, version, platform)
    WHERE given.id = ANY (${[...osVersionIds]}::integer[])`,
  );
  return rows;
}

export interface KernelSoftware {
  id: number;
  source: string;
  name: string;
  version: string;
  release: string;
}

/** Software of these names: packages of kernels. */
export async function softwareNamed(db: Readable, names: readonly string[]): Promise<KernelSoftware[]> {
  const rows = await readRows(
    db,
    sql<KernelSoftware>`
    SELECT s.id, s.source, s.name, s.version, s.release FROM software s
    WHERE lower(s.name) = ANY (${[...names]}::text[]) AND s.source IN ('deb_packages', 'rpm_packages', 'apk_packages', 'pacman_packages')
    LIMIT 20000`,
  );
  return rows;
}

/** Kernel packages that hosts of these systems have installed, with the kernel that those hosts run. */
export async function kernelsOnSystems(
  db: Readable,
  systemIds: readonly number[],
): Promise<(KernelSoftware & { kernel_version: string; hosts_count: number })[]> {
  const rows = await readRows(
    db,
    sql<KernelSoftware & { kernel_version: string; hosts_count: number }>`
    WITH packages AS MATERIALIZED (
      SELECT s.id, s.source, s.name, s.version, s.release FROM software s
      WHERE lower(s.name) IN (
        SELECT n.name FROM software_names n WHERE n.name LIKE 'linux-image-%' OR n.name LIKE 'kernel%' OR n.name LIKE 'linux%')
        AND s.source IN ('deb_packages', 'rpm_packages', 'apk_packages', 'pacman_packages')
        AND (s.name ~ '^linux-image-(unsigned-)?[0-9]' OR s.name ~ '^kernel(-[a-z0-9]+)?(-core)?$' OR s.name ~ '^linux(-(lts|virt|edge|zen|hardened|rt))?$')
    )
    SELECT p.*, o.kernel_version, count(*)::integer AS hosts_count
    FROM hosts h JOIN operating_systems o ON o.id = h.operating_system_id
      JOIN host_software hs ON hs.host_id = h.id AND hs.software_id IN (SELECT id FROM packages) JOIN packages p ON p.id = hs.software_id
    WHERE h.operating_system_id = ANY (${[...systemIds]}::integer[])
    GROUP BY p.id, p.source, p.name, p.version, p.release, o.kernel_version`,
  );
  return rows;
}
