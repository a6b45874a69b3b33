/** An rpm as feeds write it in one word. */
export interface RpmPackage {
  name: string;
  /** `[epoch:]version-release`; an epoch of 0 is left out. */
  evr: string;
  /** `src` for a source rpm; null where the text does not say. */
  arch: string | null;
  /** `name:stream` of the module it is part of. */
  module: string | null;
}

const ARCH =
  "aarch64|aarch64_ilp32|armv7hl|i[3-6]86|ia64|loongarch64|noarch|nosrc|ppc|ppc64|ppc64le|riscv64|s390|s390x|src|x86_64";
const WITH_ARCH = new RegExp(`^(.+)\\.(${ARCH})$`, "u");

/**
 * Takes `kernel-0:5.14.0-70.13.1.el9_0.x86_64`, `openssl-libs-3.0.8-150500.5.14.1` or
 * `perl-FCGI-1:0.78-11.module+el8.6.0+23193+6b2b1cae.1.src::perl-FCGI:0.78` apart; null for what is no name with a version.
 */
export function parseRpmPackage(text: string): RpmPackage | null {
  const [nevra = "", module = null] = text.split("::", 2);
  const withArch = WITH_ARCH.exec(nevra);
  const parts = /^(.+)-(?:(\d+):)?([^-:]+)-([^-:]+)$/u.exec(withArch?.[1] ?? nevra);
  if (parts === null) return null;
  const [, name = "", epoch = "0", version = "", release = ""] = parts;
  return { name, evr: withoutZeroEpoch(`${epoch}:${version}-${release}`), arch: withArch?.[2] ?? null, module };
}

/** Distributions write `0:` or nothing for a missing epoch; the shorter is kept. */
export function withoutZeroEpoch(version: string): string {
  return version.replace(/^0:/u, "");
}

/** Files of debug symbols are not what runs: they only repeat what the package beside them says. */
export function isDebugPackage(name: string): boolean {
  return /-debuginfo(?:-|$)|-debugsource$|-dbgsym$/u.test(name);
}
