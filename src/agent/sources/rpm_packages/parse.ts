import { rpmFacts } from "#domain/software/package-facts.ts";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";

/** Unit and record separators: no rpm tag holds them, while line feeds and tabs can occur. */
const UNIT = "\u001f";
const RECORD = "\u001e";
const TAGS = ["NAME", "VERSION", "RELEASE", "VENDOR", "ARCH", "EPOCH", "SOURCERPM"] as const;
const format = (tags: readonly string[]): string => `${tags.map((tag) => `%{${tag}}`).join(UNIT)}${RECORD}`;

/**
 * The values of `--queryformat` that {@link parseRpmQuery} reads, the fullest first: an rpm that does not know a tag answers nothing, and
 * before 4.14.2 (Red Hat Enterprise Linux 7) none knew modules.
 */
export const RPM_QUERY_FORMATS: readonly string[] = [format([...TAGS, "MODULARITYLABEL"]), format(TAGS)];

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
    if (values.length !== TAGS.length && values.length !== TAGS.length + 1)
      throw new Error(`rpm answered a record of ${values.length} fields instead of ${TAGS.length}.`);
    const [name = "", version = "", release = "", vendor = "", arch = "", epoch = "", source_rpm = "", modularity_label = ""] =
      values;
    const facts = rpmFacts({ source_rpm, epoch, modularity_label });
    entries.push({ ...emptySoftwareEntry("rpm_packages"), name, version, release, vendor, arch, facts });
  }
  return entries;
}
