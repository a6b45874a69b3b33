import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry, SoftwareFacts } from "#domain/software/software.ts";

/** Unit and record separators: no rpm tag holds them, while line feeds and tabs can occur. */
const UNIT = "\u001f";
const RECORD = "\u001e";
const TAGS = ["NAME", "VERSION", "RELEASE", "VENDOR", "ARCH", "EPOCH", "SOURCERPM"] as const;

/** The `--queryformat` that {@link parseRpmQuery} reads; rpm expands `\037` and `\036` itself. */
export const RPM_QUERY_FORMAT = `${TAGS.map((tag) => `%{${tag}}`).join("\\037")}\\036`;

/**
 * Packages as rpm lists them. Values that a package does not have (`(none)`) are empty. The keys that rpm keeps as `gpg-pubkey`
 * packages stay in, as osquery reports them.
 * @throws Error when a record does not have the fields that were asked for.
 */
export function parseRpmQuery(output: string): SoftwareEntry[] {
  const entries: SoftwareEntry[] = [];
  for (const record of output.split(RECORD)) {
    if (record === "") continue;
    const values = record.split(UNIT).map((value) => (value === "(none)" ? "" : value));
    if (values.length !== TAGS.length)
      throw new Error(`rpm answered a record of ${values.length} fields instead of ${TAGS.length}.`);
    const [name = "", version = "", release = "", vendor = "", arch = "", epoch = "", sourceRpm = ""] = values;
    const facts = { ...sourceRpmFacts(sourceRpm), ...(epoch === "" ? {} : { epoch }) };
    const known = Object.keys(facts).length > 0;
    entries.push({ ...emptySoftwareEntry("rpm_packages"), name, version, release, vendor, arch, facts: known ? facts : null });
  }
  return entries;
}

/** `bash-5.1.8-6.el9_1.src.rpm` is source package `bash`, version `5.1.8-6.el9_1` (version and release hold no dash). */
export function sourceRpmFacts(sourceRpm: string): SoftwareFacts {
  const match = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(sourceRpm);
  if (match === null) return {};
  return { source_package: match[1] ?? "", source_version: match[2] ?? "" };
}
