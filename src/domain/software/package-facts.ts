import type { SoftwareFacts } from "./software.ts";

/**
 * The facts beside a deb's identity, the same whichever agent read them. `Source: glibc (2.36-9)` names the source package, with its
 * version where that differs from the binary package's; without the field the package is its own source (deb-control(5), "Source").
 */
export function debFacts(deb: { name: string; version: string; source: string; origin: string }): SoftwareFacts {
  const [, source_package = deb.name, source_version = deb.version] = /^(\S+)(?:\s+\(([^)]*)\))?/.exec(deb.source.trim()) ?? [];
  const facts: SoftwareFacts = { source_package, source_version };
  const epoch = /^(\d+):/.exec(deb.version)?.[1];
  if (epoch !== undefined) facts.epoch = epoch;
  if (deb.origin !== "") facts.origin = deb.origin;
  return facts;
}

/**
 * The facts beside an rpm's identity; null when there are none. `bash-5.1.8-6.el9_1.src.rpm` is source package `bash`, version
 * `5.1.8-6.el9_1` (neither version nor release holds a dash). A package without an epoch has epoch 0, which is left out.
 *
 * @param epoch as text; "" when there is none
 */
export function rpmFacts(rpm: { source_rpm: string; epoch: string }): SoftwareFacts | null {
  const facts: SoftwareFacts = {};
  const [, source_package, source_version] = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(rpm.source_rpm) ?? [];
  if (source_package !== undefined && source_version !== undefined) Object.assign(facts, { source_package, source_version });
  if (rpm.epoch !== "" && rpm.epoch !== "0") facts.epoch = rpm.epoch;
  return Object.keys(facts).length === 0 ? null : facts;
}
