import type { DigestVulnerability } from "./digest-store.ts";

/** What a message tells; stored in the outbox, and the body of a webhook. */
export interface Message {
  type: "vulnerabilities_found" | "test";
  timestamp: string;
  rule: { id: number; name: string };
  vulnerabilities_count: number;
  vulnerabilities: MessageVulnerability[];
}

export interface MessageVulnerability {
  cve: string;
  title: string;
  details_link: string;
  severity: string;
  cvss_score: number | null;
  epss_probability: number | null;
  cisa_known_exploit: boolean;
  cve_published: string | null;
  priority: number;
  hosts_count: number;
  software: { name: string; version: string; source: string; resolved_in_version: string | null }[];
}

export function messageVulnerability(found: DigestVulnerability, origin: string): MessageVulnerability {
  return {
    cve: found.cve,
    title: found.title,
    details_link: `${origin}/vulnerabilities/${encodeURIComponent(found.cve)}`,
    severity: found.severity,
    cvss_score: found.cvss_score,
    epss_probability: found.epss,
    cisa_known_exploit: found.kev,
    cve_published: found.published?.toISOString() ?? null,
    priority: found.priority,
    hosts_count: found.hosts_count,
    software: found.software,
  };
}

/** Fleet's webhook of one vulnerability (reference fleet-rest-api.md §9). */
export function fleetPayload(found: DigestVulnerability, origin: string, now: Date): object {
  return {
    timestamp: now.toISOString(),
    vulnerability: {
      cve: found.cve,
      details_link: detailsLink(found.cve, origin),
      epss_probability: found.epss,
      cvss_score: found.cvss_score,
      cisa_known_exploit: found.kev,
      cve_published: found.published?.toISOString() ?? null,
      hosts_affected: found.hosts.map(({ id, hostname, display_name, software_installed_paths }) => ({
        id,
        hostname,
        display_name,
        url: `${origin}/hosts/${id}`,
        ...(software_installed_paths.length === 0 ? {} : { software_installed_paths }),
      })),
    },
  };
}

/** Fleet's receivers expect NVD's page; what has no CVE id is shown here. */
function detailsLink(cve: string, origin: string): string {
  const id = encodeURIComponent(cve);
  return cve.startsWith("CVE-") ? `https://nvd.nist.gov/vuln/detail/${id}` : `${origin}/vulnerabilities/${id}`;
}

/** Vulnerabilities that an e-mail names; the others are counted. */
const MAIL_ROWS_MAX = 50;

/** A message as an e-mail: plain text, which every reader and every ticket system takes. */
export function mailText(message: Message): { subject: string; text: string } {
  if (message.type === "test") {
    return { subject: `Muster: test of “${message.rule.name}”`, text: "This is a test. E-mails of this rule arrive.\n" };
  }
  const { vulnerabilities_count: count, vulnerabilities } = message;
  const subject = `Muster: ${count} new ${count === 1 ? "vulnerability" : "vulnerabilities"} (${message.rule.name})`;
  const shown = vulnerabilities.slice(0, MAIL_ROWS_MAX).map((found) => {
    const marks = [found.severity, ...(found.cvss_score === null ? [] : [`CVSS ${found.cvss_score}`])];
    if (found.cisa_known_exploit) marks.push("known to be exploited");
    const software = found.software.map(({ name, version, resolved_in_version: fix }) =>
      fix === null ? `${name} ${version}` : `${name} ${version} (fixed in ${fix})`,
    );
    return `${found.cve}: ${marks.join(", ")}\n  on ${found.hosts_count} devices: ${software.join("; ")}\n  ${found.details_link}\n`;
  });
  const more = count - shown.length;
  return { subject, text: [...shown, ...(more > 0 ? [`and ${more} more\n`] : [])].join("\n") };
}
