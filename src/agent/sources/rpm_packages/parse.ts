import { rpmFacts } from "#domain/software/package-facts.ts";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";

/** Unit and record separators: no rpm tag holds them, while line feeds and tabs can occur. */
const UNIT = "\u001f";
const RECORD = "\u001e";
const TAGS = ["NAME", "VERSION", "RELEASE", "VENDOR", "ARCH", "EPOCH", "SOURCERPM"] as const;

/** The `--queryformat` that {@link parseRpmQuery} reads. */
export const RPM_QUERY_FORMAT = `${TAGS.map((tag) => `%{${tag}}`).join(UNIT)}${RECORD}`;

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
    const [name = "", version = "", release = "", vendor = "", arch = "", epoch = "", source_rpm = ""] = values;
    const facts = rpmFacts({ source_rpm, epoch });
    entries.push({ ...emptySoftwareEntry("rpm_packages"), name, version, release, vendor, arch, facts });
  }
  return entries;
}
