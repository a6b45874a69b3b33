/** The row of osquery's table `os_version`, as far as Muster uses it. */
export interface OsVersion {
  name: string;
  version: string;
  build: string;
  platform: string;
  platform_like: string;
  codename: string;
}

const COLUMNS: Record<string, keyof OsVersion> = {
  NAME: "name",
  VERSION: "version",
  BUILD_ID: "build",
  ID: "platform",
  ID_LIKE: "platform_like",
};

/**
 * What osquery's `os_version` says on Linux: the fields of os-release(5), any `…CODENAME` being the code name. Where a
 * redhat-release file exists (all of Red Hat's family, Fedora too), osquery calls the platform `rhel` and takes name and version
 * from that file's line; a Gentoo release file likewise. Agreeing with it to the letter is what lets two agents of one machine
 * report one operating system.
 *
 * @param osRelease text of /etc/os-release, null when it does not exist
 * @param redhatRelease text of /etc/redhat-release, null when it does not exist
 * @param gentooRelease text of /etc/gentoo-release, null when it does not exist
 */
export function parseOsVersion(osRelease: string | null, redhatRelease: string | null, gentooRelease: string | null): OsVersion {
  const os: OsVersion = { name: "Unknown", version: "", build: "", platform: "posix", platform_like: "", codename: "" };
  for (const line of (osRelease ?? "").split("\n")) {
    const equals = line.indexOf("=");
    if (equals < 1) continue;
    const key = line.slice(0, equals).trim();
    const column = COLUMNS[key] ?? (key.includes("CODENAME") ? "codename" : undefined);
    if (column !== undefined) os[column] = unquote(line.slice(equals + 1).trim());
  }
  if (redhatRelease !== null) return withReleaseFile(os, redhatRelease, "rhel");
  if (gentooRelease !== null) return withReleaseFile(os, gentooRelease, "gentoo");
  return os;
}

function withReleaseFile(os: OsVersion, text: string, platform: string): OsVersion {
  const content = text.trim().replaceAll(/\s+/g, " ");
  const name = /([\w+\s]+) .* (\d+)\.(\d+)/.exec(content)?.[1];
  return { ...os, name: name ?? os.name, version: content, build: "", platform, platform_like: platform };
}

function unquote(value: string): string {
  const quoted = /^(["'])(.*)\1$/s.exec(value);
  return quoted?.[2] ?? value;
}
