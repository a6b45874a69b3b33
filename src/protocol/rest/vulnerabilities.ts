import { Type } from "typebox";
import { endpoint } from "../endpoint.ts";
import { IdParams, NullableTime, oneOf, PageMeta, pagingQuery, Time } from "./paging.ts";
import { nullable, Vulnerability, VulnerabilityOfSoftware } from "./vulnerability-shapes.ts";

const text = Type.String();

/** `CVE-2024-3094`, `GHSA-…`, `MAL-…`, in any letter case. */
export const CveParams = Type.Object({
  cve: Type.String({
    minLength: 1,
    maxLength: 100,
    pattern: "^[A-Za-z][A-Za-z0-9]*-[A-Za-z0-9._:-]+$",
    description: "CVE id; for a vulnerability without one the id of its advisory (`GHSA-…`, `MAL-…`).",
  }),
});

export const SEVERITIES = ["critical", "high", "medium", "low", "none", "unknown"] as const;
export const FINDING_STATES = ["affected", "unfixed", "will_not_fix", "deferred", "possible"] as const;
export const VULNERABILITY_ORDER_KEYS = [
  "cve",
  "cvss_score",
  "epss_probability",
  "cisa_known_exploit",
  "cve_published",
  "created_at",
  "host_count",
  "hosts_count",
  "software_count",
  "severity",
  "priority",
  "due_at",
] as const;

const commaList = (words: readonly string[], what: string) =>
  Type.Optional(
    Type.String({ maxLength: 255, description: `${what}: ${words.map((word) => `\`${word}\``).join(", ")}; comma list.` }),
  );
const score = (description: string) => Type.Optional(Type.Number({ minimum: 0, maximum: 10, description }));
const probability = (description: string) => Type.Optional(Type.Number({ minimum: 0, maximum: 1, description }));

/** What every list of vulnerabilities filters by; exports of the same lists take the same. */
export const VulnerabilityFilters = {
  severity: commaList(SEVERITIES, "Only these severities"),
  min_cvss_score: score("At least this CVSS base score."),
  max_cvss_score: score("At most this CVSS base score."),
  min_epss_probability: probability("At least this probability of exploitation within 30 days (EPSS)."),
  exploit: Type.Optional(Type.Boolean({ description: "Only those known to be exploited (CISA KEV)." })),
  public_exploit: Type.Optional(Type.Boolean({ description: "Only those with a public exploit." })),
  ransomware: Type.Optional(Type.Boolean({ description: "Only those used by ransomware campaigns (CISA KEV)." })),
  state: commaList(FINDING_STATES, "Only with a finding in one of these states"),
  source: Type.Optional(
    Type.String({ maxLength: 1024, description: "Only in software of these sources, or `operating_systems`; comma list." }),
  ),
  label_id: Type.Optional(
    Type.Integer({ minimum: 1, description: "Only on hosts of this label; all counts are those within the label." }),
  ),
  software_title_id: Type.Optional(Type.Integer({ minimum: 1, description: "Only in versions of this title." })),
  software_version_id: Type.Optional(Type.Integer({ minimum: 1, description: "Only in this software version." })),
  os_version_id: Type.Optional(Type.Integer({ minimum: 1, description: "Only in this operating system version." })),
  created_since: Type.Optional({ ...Time, description: "First seen in the fleet at this time or later." }),
  created_until: Type.Optional({ ...Time, description: "First seen in the fleet at this time or before." }),
  published_since: Type.Optional({ ...Time, description: "Published at this time or later." }),
  published_until: Type.Optional({ ...Time, description: "Published at this time or before." }),
  overdue: Type.Optional(Type.Boolean({ description: "Only those open longer than the time set for them." })),
  suppressed: Type.Optional(
    oneOf(["no", "yes", "all"], {
      description: "`no` (default): open ones; `yes`: only those that a decision, VEX or the vendor suppresses everywhere.",
    }),
  ),
};

/** What a host's vulnerabilities filter by; exports of them take the same. */
export const HostVulnerabilityFilters = {
  severity: VulnerabilityFilters.severity,
  min_cvss_score: VulnerabilityFilters.min_cvss_score,
  max_cvss_score: VulnerabilityFilters.max_cvss_score,
  min_epss_probability: VulnerabilityFilters.min_epss_probability,
  exploit: VulnerabilityFilters.exploit,
  state: VulnerabilityFilters.state,
  source: VulnerabilityFilters.source,
  overdue: VulnerabilityFilters.overdue,
  suppressed: VulnerabilityFilters.suppressed,
  software_title_id: VulnerabilityFilters.software_title_id,
};

const list = { count: Type.Integer(), counts_updated_at: NullableTime, meta: PageMeta };
const ACCEPTED = ["team_id", "fleet_id"] as const;

export const listVulnerabilities = endpoint({
  method: "GET",
  path: "/vulnerabilities",
  permission: "software:read",
  tag: "Vulnerabilities",
  summary: "List vulnerabilities",
  description:
    "Vulnerabilities that at least one host is exposed to; newest here first, unless ordered otherwise. `query` searches ids and descriptions.",
  query: pagingQuery(VULNERABILITY_ORDER_KEYS, VulnerabilityFilters),
  accepted: ACCEPTED,
  response: Type.Object({ vulnerabilities: Type.Array(Vulnerability), ...list }),
});

/** A software version that has a vulnerability on a kind of host. */
export const VulnerableSoftware = Type.Object(
  {
    id: Type.Integer({ description: "Id of the software version." }),
    software_title_id: Type.Integer(),
    name: text,
    version: text,
    release: Type.Optional(text),
    source: text,
    extension_for: text,
    generated_cpe: text,
    hosts_count: Type.Integer({ description: "Hosts that hold it, those left out where it is suppressed." }),
    suppressed_hosts_count: Type.Integer(),
    resolved_in_version: nullable(text),
    os_scope: Type.String({
      description: "The kind of host it was matched for: `debian:12`, `windows`; empty: whatever host.",
    }),
    state: oneOf(FINDING_STATES),
    confidence: oneOf(["exact", "high", "medium"]),
    suppressed: nullable(Type.String({ description: "Why it is suppressed everywhere, if it is." })),
    created_at: { ...Time, description: "When this finding was first made." },
  },
  { $id: "VulnerableSoftware" },
);

export const getVulnerability = endpoint({
  method: "GET",
  path: "/vulnerabilities/:cve",
  permission: "software:read",
  tag: "Vulnerabilities",
  summary: "Get a vulnerability",
  description:
    "What is known of it, and which software and operating systems of the fleet it is in. 204 when it is known but nothing here has it (with `known=true`: what is known), 404 when no feed that is loaded knows it. An alias (`GHSA-…` of a CVE) finds it too.",
  params: CveParams,
  query: Type.Object(
    {
      known: Type.Optional(Type.Boolean({ description: "Answer also with what is known of one that nothing here has." })),
      without_software: Type.Optional(
        Type.Boolean({ description: "Leave `software` out, which has a list of its own (`/vulnerabilities/:cve/software`)." }),
      ),
    },
    { additionalProperties: false },
  ),
  accepted: ACCEPTED,
  response: Type.Object({
    vulnerability: Vulnerability,
    os_versions: nullable(
      Type.Array(
        Type.Object({
          os_version_id: Type.Integer(),
          hosts_count: Type.Integer(),
          name: text,
          name_only: text,
          version: text,
          platform: text,
          resolved_in_version: nullable(text),
          generated_cpes: Type.Array(text),
          state: oneOf(FINDING_STATES),
        }),
      ),
    ),
    software: nullable(Type.Array(VulnerableSoftware, { description: "The 1,000 rows of most hosts." })),
  }),
});

export const HOST_VULNERABILITY_ORDER_KEYS = [
  "cve",
  "cvss_score",
  "epss_probability",
  "severity",
  "priority",
  "created_at",
  "software",
  "cve_published",
] as const;

export const listHostVulnerabilities = endpoint({
  method: "GET",
  path: "/hosts/:id/vulnerabilities",
  permission: "host:read",
  tag: "Vulnerabilities",
  summary: "List a host's vulnerabilities",
  description: "One row for each vulnerability in each software of the host, and in its operating system.",
  params: IdParams,
  query: pagingQuery(HOST_VULNERABILITY_ORDER_KEYS, HostVulnerabilityFilters),
  accepted: ACCEPTED,
  response: Type.Object({
    vulnerabilities: Type.Array(
      Type.Intersect([
        VulnerabilityOfSoftware,
        Type.Object({
          software_id: nullable(Type.Integer({ description: "Null: the operating system itself." })),
          software_title_id: nullable(Type.Integer()),
          name: text,
          version: text,
          source: text,
          running: nullable(
            Type.Boolean({ description: "Of a kernel: whether the host runs it now; null for everything else." }),
          ),
        }),
      ]),
    ),
    count: Type.Integer(),
    cves_count: Type.Integer({ description: "Distinct vulnerabilities among them." }),
    meta: PageMeta,
  }),
});

export const vulnerabilityExposure = endpoint({
  method: "GET",
  path: "/vulnerability_exposure",
  permission: "software:read",
  tag: "Vulnerabilities",
  summary: "Exposure over time",
  description:
    "Open vulnerabilities of the fleet at the end of each day, by severity; today's as of now. Suppressed ones are not counted.",
  query: Type.Object(
    { days: Type.Optional(Type.Integer({ minimum: 1, maximum: 400, description: "How many days back; default 90." })) },
    { additionalProperties: false },
  ),
  response: Type.Object({
    days: Type.Array(
      Type.Object({
        day: Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}$", description: "In UTC." }),
        critical: Type.Integer(),
        high: Type.Integer(),
        medium: Type.Integer(),
        low: Type.Integer(),
        unknown: Type.Integer(),
        exploited: Type.Integer({ description: "Of all of them: known to be exploited." }),
        hosts_count: Type.Integer({ description: "Hosts with at least one critical or exploited one." }),
        opened: Type.Integer(),
        closed: Type.Integer(),
      }),
    ),
    median_days_to_fix: nullable(Type.Number({ description: "Of those closed within the days asked for." })),
  }),
});

export const vulnerabilityHistory = endpoint({
  method: "GET",
  path: "/vulnerabilities/:cve/history",
  permission: "software:read",
  tag: "Vulnerabilities",
  summary: "A vulnerability's history in the fleet",
  description: "When which software was found to have it, and when that ended and why; newest first.",
  params: CveParams,
  query: pagingQuery(["created_at"] as const, {}),
  response: Type.Object({
    events: Type.Array(
      Type.Object({
        at: Time,
        type: oneOf(["opened", "closed"]),
        reason: nullable(oneOf(["removed", "feed", "identity"])),
        software_id: nullable(Type.Integer()),
        os_version_id: nullable(Type.Integer()),
        name: text,
        version: text,
        source: text,
      }),
    ),
    meta: PageMeta,
  }),
});

const nullableText = nullable(text);

/** What one range of one record says of the subject, and whether that counted. */
const ExplainedRange = Type.Object({
  record: nullable(Type.Object({ feed: text, part: text, name: text })),
  provider: text,
  ecosystem: text,
  package: text,
  version: Type.String({ description: "The subject's own version, as it was compared." }),
  range: Type.String({ description: "In words: `before 1:9.2p1-2+deb12u3`." }),
  outcome: oneOf([
    "affected",
    "possible",
    "not_affected",
    "outside",
    "not_applicable",
    "under_investigation",
    "incomparable",
    "other_name",
    "all_versions",
  ]),
  comparisons: Type.Array(
    Type.Object({
      version: text,
      operator: oneOf(["<", "=", ">", "?"], { description: "`?`: the order does not say which is newer." }),
      bound: text,
      bound_is: oneOf(["introduced", "fixed", "last_affected"]),
      scheme: Type.String({ description: "Whose order compared them: `dpkg`, `rpm`, `semver`, …." }),
    }),
  ),
  conditions: Type.Array(
    Type.Object({
      condition: text,
      holds: nullable(Type.Boolean({ description: "Null: cannot be answered." })),
      words: text,
    }),
  ),
  decisive: Type.Boolean({ description: "It is this one that decided." }),
  lost: nullable(Type.String({ description: "Why it does not count although it says something else." })),
  advisory: nullableText,
  url: nullableText,
});

const VERDICTS = [
  ...FINDING_STATES,
  "suppressed",
  "not_affected",
  "cannot_compare",
  "under_investigation",
  "not_applicable",
  "not_listed",
  "rejected",
  "not_assessed",
  "unidentified",
] as const;

export const explainVulnerability = endpoint({
  method: "GET",
  path: "/vulnerabilities/:cve/explanation",
  permission: "software:read",
  tag: "Vulnerabilities",
  summary: "Explain a finding, or why there is none",
  description:
    "Whether software (or an operating system) has the vulnerability and why, found or not: which records and ranges speak of it, how versions compared, what lost and why, what suppresses it. Computed now. One explanation for each kind of host that holds the software; with `host_id` only for that host's.",
  params: CveParams,
  query: Type.Object(
    {
      software_version_id: Type.Optional(Type.Integer({ minimum: 1, description: "This software version." })),
      os_version_id: Type.Optional(Type.Integer({ minimum: 1, description: "This operating system version." })),
      host_id: Type.Optional(
        Type.Integer({ minimum: 1, description: "Alone: everything of this host that its records could speak of." }),
      ),
    },
    { additionalProperties: false },
  ),
  accepted: ACCEPTED,
  response: Type.Object({
    cve: text,
    explanations: Type.Array(
      Type.Object({
        found: Type.Boolean({ description: "There is a finding, suppressed or not." }),
        verdict: oneOf(VERDICTS),
        software_id: nullable(Type.Integer()),
        os_version_id: nullable(Type.Integer()),
        name: text,
        version: text,
        source: text,
        os_scope: Type.String({ description: "The kind of host: `debian:12`, `windows`; empty: whatever host." }),
        identity: Type.Object({
          status: oneOf(["assessed", "unidentified", "not_assessed"]),
          authority: Type.String({ description: "Whose data alone may say that it is affected." }),
          confidence: oneOf(["exact", "high", "medium"]),
          rule: text,
          why: Type.String({ description: "How it was identified, or why it is not assessed." }),
          keys: Type.Array(Type.Object({ ecosystem: text, package: text, version: text, scheme: text })),
        }),
        state: nullable(oneOf(FINDING_STATES)),
        resolved_in_version: nullableText,
        channel: nullable(Type.String({ description: "The only fix comes by this channel, which the hosts lack." })),
        suppressed: nullable(Type.String({ description: "Why it is suppressed, if it is." })),
        ranges: Type.Array(ExplainedRange),
        sentences: Type.Array(text, { description: "The whole explanation for people, the answer first." }),
      }),
      { description: "Empty: no host has had it, or matching has not looked at it yet." },
    ),
  }),
});

export const hostHealth = endpoint({
  method: "GET",
  path: "/hosts/:id/health",
  permission: "host:read",
  tag: "Hosts",
  summary: "Get a host's health",
  description:
    "What is wrong with the host, in Fleet's shape: its software with open vulnerabilities (at most 1,000, the worst first). Policies do not exist yet.",
  params: IdParams,
  response: Type.Object({
    host_id: Type.Integer(),
    health: Type.Object({
      updated_at: NullableTime,
      os_version: text,
      disk_encryption_enabled: Type.Null(),
      failing_policies_count: Type.Integer(),
      failing_critical_policies_count: Type.Integer(),
      failing_policies: Type.Array(Type.Never()),
      vulnerable_software: Type.Array(Type.Object({ id: Type.Integer(), name: text, version: text })),
    }),
  }),
});
