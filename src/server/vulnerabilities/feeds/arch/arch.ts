import type { AffectedRange, FeedRecord } from "#domain/vulnerability/model.ts";
import { syncWhole, type FeedInput, type FeedItem, type RecordFeed } from "../feed.ts";
import { jsonArray } from "../formats/json-values.ts";
import { severityOf } from "../formats/severity.ts";

/** Arch Linux's security tracker. */
export const arch: RecordFeed = {
  name: "arch",
  kind: "records",
  title: "Arch Linux security tracker",
  publisher: "Arch Linux",
  homepage: "https://security.archlinux.org/",
  licence: "MIT",
  purpose: "Vulnerable and fixed versions of Arch Linux's packages.",
  everySeconds: 6 * 3600,
  parts: (fleet) =>
    fleet.ecosystems.has("pacman:arch") || fleet.scopes.some(({ name }) => name.startsWith("arch")) ? ["all"] : [],
  sync: syncWhole(() => ["https://security.archlinux.org/issues/all.json"], parseArch),
  files: [{ pattern: /(?:^|\/)arch[\w-]*\/(?:advisory|all)\.json(?:\.\w+)?$/u, part: () => "all", parse: parseArch }],
};

interface Group {
  name: string;
  packages: string[];
  status: string;
  severity?: string;
  type?: string;
  affected: string;
  fixed?: string | null;
  issues: string[];
  advisories?: string[];
}

/** The records of `issues/all.json`: one for each group (AVG-…). */
export async function* parseArch(input: FeedInput): AsyncGenerator<FeedItem> {
  for await (const value of jsonArray<Partial<Group> | null>(input)) {
    const group = value ?? {};
    const { name, packages, issues, affected } = group;
    if (typeof name !== "string" || !isTexts(packages) || !isTexts(issues) || typeof affected !== "string") {
      yield { bad: typeof name === "string" ? name : "a group", why: "name, packages, issues or affected is missing" };
    } else {
      yield recordOf({ ...group, name, packages, issues, affected, status: String(group.status) });
    }
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function recordOf(group: Group): FeedRecord {
  return {
    name: group.name,
    vulnerabilities: group.issues,
    facts: null,
    affected: group.packages.map((name) => ({
      ecosystem: "pacman:arch",
      package: name,
      ranges: group.issues.map((issue) => rangeOf(issue, group)),
    })),
  };
}

/** `affected` is the version in which the defect was seen, not the first that has it: there is no lower bound. */
function rangeOf(vulnerability: string, group: Group): AffectedRange {
  const severity = severityOf(group.severity);
  const advisory = group.advisories?.[0];
  const base = {
    vulnerability,
    provider: "arch",
    name_kind: "binary",
    scheme: "pacman",
    ...(severity !== undefined && { severity }),
    ...(advisory !== undefined && { advisory }),
    url: `https://security.archlinux.org/${advisory ?? group.name}`,
  } as const;
  if (group.status === "Not affected") return { ...base, status: "not_affected", fix: "unknown" };
  if (typeof group.fixed === "string" && group.fixed !== "")
    return { ...base, status: "affected", fixed: group.fixed, fix: "fixed" };
  return group.status === "Unknown"
    ? { ...base, status: "unknown", fix: "unknown" }
    : { ...base, status: "affected", fix: "unfixed" };
}
