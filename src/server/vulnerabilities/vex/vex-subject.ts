import { purlOf, type Distribution, type PurlParts } from "#domain/software/purl.ts";
import type { SoftwareFacts, SoftwareIdentity } from "#domain/software/software.ts";
import type { VexSubject } from "#domain/vulnerability/judgement/vex/product-match.ts";
import type { SubjectIdentity } from "#domain/vulnerability/model.ts";

/** What is read of a subject to say what it is in VEX's words; `software` null: an operating system. */
export interface SubjectRow {
  software: SoftwareIdentity | null;
  facts: SoftwareFacts | null;
  /** Name of its OS scope: `ubuntu:22.04`, `windows`, "". */
  os_scope: string;
  identity: SubjectIdentity;
}

/** Package types whose source packages have names and versions of their own. */
const WITH_SOURCE: ReadonlySet<string> = new Set(["deb", "rpm", "apk"]);

/** The package URL of a subject; null where it has none. */
export function subjectPurl({ software, facts, os_scope }: SubjectRow): PurlParts | null {
  return software === null ? null : purlOf({ software, facts, distribution: distributionOf(os_scope) });
}

/**
 * A subject in the words of VEX documents: its package URL, that of its source package, and the CPE names it was identified as. Software of
 * a distribution that rebuilds Red Hat's packages without publishing anything itself has Red Hat's package URLs as well.
 */
export function vexSubject(row: SubjectRow): VexSubject {
  const lender = lenderOf(row);
  const rows = lender === null ? [row] : [row, { ...row, os_scope: `${lender.platform}:${lender.version}` }];
  const cpes = row.identity.keys.flatMap(({ ecosystem, package: key, version }) =>
    ecosystem === "cpe" || ecosystem === "cpe:o" ? [{ key, version }] : [],
  );
  const last = rows.at(-1) ?? row;
  const namespace = subjectPurl(last)?.namespace ?? "";
  return {
    purls: rows.flatMap(purlsOf),
    cpes,
    distribution: { namespace, version: distributionOf(last.os_scope)?.version ?? "" },
  };
}

function purlsOf(row: SubjectRow): { parts: PurlParts; isSource: boolean }[] {
  const own = subjectPurl(row);
  const source = own === null ? null : sourcePurl(own, row.facts);
  return [
    ...(own === null ? [] : [{ parts: own, isSource: false }]),
    ...(source === null ? [] : [{ parts: source, isSource: true }]),
  ];
}

/** The release of Red Hat Enterprise Linux whose data speaks for the software, where it runs on another distribution. */
function lenderOf({ identity, os_scope }: SubjectRow): Distribution | null {
  const releases = identity.keys.flatMap(({ ecosystem }) => /^rpm:rhel:(.+)$/.exec(ecosystem)?.[1] ?? []);
  const [version] = releases;
  return version === undefined || os_scope.startsWith("rhel:") ? null : { platform: "rhel", version };
}

function distributionOf(osScope: string): Distribution | null {
  const [platform = "", version = ""] = osScope.split(":");
  return version === "" ? null : { platform, version };
}

function sourcePurl(own: PurlParts, facts: SoftwareFacts | null): PurlParts | null {
  if (!WITH_SOURCE.has(own.type)) return null;
  const { arch: _arch, ...qualifiers } = own.qualifiers;
  return { ...own, qualifiers, name: facts?.source_package || own.name, version: facts?.source_version || own.version };
}
