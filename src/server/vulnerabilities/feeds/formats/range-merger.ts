import type { AffectedPackage, AffectedRange } from "#domain/vulnerability/model.ts";

/** Collects the ranges of a record by package. Ranges that differ in their architectures only become one. */
export class RangeMerger {
  private readonly affected = new Map<string, AffectedPackage>();
  private readonly ranges = new Map<string, { range: AffectedRange; arch: Set<string> | null }>();
  private readonly ecosystem: string;

  constructor(ecosystem: string) {
    this.ecosystem = ecosystem;
  }

  /** @param arch null, and `noarch`: all architectures */
  add(name: string, arch: string | null, range: AffectedRange): void {
    const key = `${name}\0${JSON.stringify(range)}`;
    const known = this.ranges.get(key);
    if (known !== undefined) {
      if (arch === null) known.arch = null;
      else known.arch?.add(arch);
      return;
    }
    const entry = this.affected.get(name) ?? { ecosystem: this.ecosystem, package: name, ranges: [] };
    this.affected.set(name, entry);
    entry.ranges.push(range);
    this.ranges.set(key, { range, arch: arch === null ? null : new Set([arch]) });
  }

  packages(): AffectedPackage[] {
    for (const { range, arch } of this.ranges.values()) if (arch !== null && !arch.has("noarch")) range.arch = [...arch];
    return [...this.affected.values()];
  }
}
