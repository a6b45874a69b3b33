import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fixtureImage, type Image } from "./simulated-osquery/images.ts";

/**
 * A small directory of feeds and a device that they speak of, for browser tests: what the Debian tracker, NVD, CISA and FIRST publish, cut to
 * a few vulnerabilities of Debian 9. Versions, vectors and dates are the publishers' own; the EPSS figures are examples.
 */

/** Known to be exploited, and fixed in 1.8.19p1-2.1+deb9u3. */
export const SUDO = "CVE-2021-3156";
/** Of critical severity, and fixed in 1.18.26. */
export const DPKG = "CVE-2022-1664";
/** Fixed in 1.6-5+deb9u1. */
export const GZIP = "CVE-2022-1271";
/** Debian 9 never got a fix. */
export const BASH = "CVE-2019-18276";
/** The device's bash has the fix. */
export const BASH_FIXED = "CVE-2016-9401";
/** Known, and nothing of the device has it. */
export const LOG4J = "CVE-2021-44228";

interface Told {
  cve: string;
  package?: string;
  fixed?: string;
  description: string;
  published: string;
  vector: string;
}

const TOLD: readonly Told[] = [
  {
    cve: SUDO,
    package: "sudo",
    fixed: "1.8.19p1-2.1+deb9u3",
    description:
      "Sudo before 1.9.5p2 contains an off-by-one error that can result in a heap-based buffer overflow, which allows privilege escalation to root.",
    published: "2021-01-26T21:15:12.987",
    vector: "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H",
  },
  {
    cve: DPKG,
    package: "dpkg",
    fixed: "1.18.26",
    description:
      "Dpkg::Source::Archive in dpkg before 1.21.8 is prone to a directory traversal when it unpacks untrusted source packages.",
    published: "2022-05-26T14:15:08.010",
    vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
  },
  {
    cve: GZIP,
    package: "gzip",
    fixed: "1.6-5+deb9u1",
    description: "An arbitrary file write vulnerability was found in GNU gzip's zgrep utility.",
    published: "2022-08-31T16:15:09.347",
    vector: "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H",
  },
  {
    cve: BASH,
    package: "bash",
    description:
      "An issue was discovered in disable_priv_mode in shell.c in GNU Bash through 5.0 patch 11: a dropped effective UID can be gained back.",
    published: "2019-11-28T01:15:10.603",
    vector: "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H",
  },
  {
    cve: BASH_FIXED,
    package: "bash",
    fixed: "4.4-3",
    description:
      "popd in bash might allow local users to bypass the restricted shell and cause a use-after-free via a crafted address.",
    published: "2017-01-23T21:59:02.643",
    vector: "CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H",
  },
  {
    cve: LOG4J,
    description:
      "Apache Log4j2 2.0-beta9 through 2.15.0 JNDI features do not protect against attacker controlled LDAP and other JNDI related endpoints.",
    published: "2021-12-10T10:15:09.143",
    vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H",
  },
];

/** Writes the feeds below a directory, to be named by MUSTER_FEEDS_DIR. */
export async function writeFeeds(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const write = (name: string, content: unknown) =>
    writeFile(join(directory, name), typeof content === "string" ? content : JSON.stringify(content));
  await write("security-tracker.json", tracker());
  await write("known_exploited_vulnerabilities.json", knownExploited());
  await write("epss_scores-2025-12-13.csv", epss());
  for (const year of new Set(TOLD.map(yearOf))) {
    // oxlint-disable-next-line no-await-in-loop -- a handful of small files
    await write(`nvdcve-2.0-${year}.json`, nvd(TOLD.filter((told) => yearOf(told) === year)));
  }
}

/** A Debian 9 machine of the repository's own images, with a sudo that has {@link SUDO}. */
export function vulnerableImage(): Image {
  const image = fixtureImage("linux-debian-9-osquery");
  const packages = image.tables["deb_packages"] ?? [];
  const sudo = { ...packages[0], name: "sudo", version: "1.8.19p1-2.1+deb9u2", revision: "2.1+deb9u2" };
  return { ...image, name: "vulnerable", tables: { ...image.tables, deb_packages: [...packages, sudo] } };
}

function yearOf({ cve }: Told): string {
  return cve.split("-")[1] ?? "";
}

function tracker(): object {
  const packages: Record<string, Record<string, object>> = {};
  for (const { cve, package: name, fixed, description } of TOLD) {
    if (name === undefined) continue;
    const stretch =
      fixed === undefined
        ? { status: "open", urgency: "not yet assigned", nodsa: "Minor issue", nodsa_reason: "" }
        : { status: "resolved", urgency: "not yet assigned", fixed_version: fixed };
    packages[name] = { ...packages[name], [cve]: { scope: "local", description, releases: { stretch } } };
  }
  return packages;
}

function knownExploited(): object {
  const sudo = {
    cveID: SUDO,
    vendorProject: "Sudo",
    product: "Sudo",
    vulnerabilityName: "Sudo Heap-Based Buffer Overflow Vulnerability",
    dateAdded: "2022-04-06",
    shortDescription: "Sudo contains an off-by-one error that can result in a heap-based buffer overflow.",
    requiredAction: "Apply updates per vendor instructions.",
    dueDate: "2022-04-27",
    knownRansomwareCampaignUse: "Unknown",
    notes: "https://nvd.nist.gov/vuln/detail/CVE-2021-3156",
    cwes: ["CWE-193"],
  };
  const catalogue = { title: "CISA Catalog of Known Exploited Vulnerabilities", catalogVersion: "2025.12.12" };
  return { ...catalogue, dateReleased: "2025-12-12T15:00:00.000Z", count: 1, vulnerabilities: [sudo] };
}

function epss(): string {
  const lines = [`${SUDO},0.92,0.997`, `${DPKG},0.0012,0.31`, `${GZIP},0.004,0.6`, `${BASH},0.0301,0.86`];
  return ["#model_version:v2025.03.14,score_date:2025-12-13T00:00:00+0000", "cve,epss,percentile", ...lines, ""].join("\n");
}

function nvd(told: readonly Told[]): object {
  const vulnerabilities = told.map(({ cve, description, published, vector }) => ({
    cve: {
      id: cve,
      sourceIdentifier: "cve@mitre.org",
      vulnStatus: "Analyzed",
      published,
      lastModified: published,
      descriptions: [{ lang: "en", value: description }],
      metrics: {
        cvssMetricV31: [
          { source: "nvd@nist.gov", type: "Primary", cvssData: { version: vector.slice(5, 8), vectorString: vector } },
        ],
      },
      weaknesses: [{ source: "nvd@nist.gov", type: "Primary", description: [{ lang: "en", value: "CWE-787" }] }],
      references: [
        { url: `https://security-tracker.debian.org/tracker/${cve}`, source: "cve@mitre.org", tags: ["Third Party Advisory"] },
      ],
    },
  }));
  const count = vulnerabilities.length;
  return {
    resultsPerPage: count,
    startIndex: 0,
    totalResults: count,
    format: "NVD_CVE",
    version: "2.0",
    timestamp: "2025-12-13T00:00:00.000",
    vulnerabilities,
  };
}
