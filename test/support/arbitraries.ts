import fc from "fast-check";
import { emptySoftwareEntry, type SoftwareEntry } from "#domain/software/software.ts";

/** Few values on purpose: collisions and near-collisions must be common. */
const word = fc.constantFrom("", "a", "b", "a\u0000b", "ab", '"', "Café", "Cafe\u0301", "A");
const path = fc.constantFrom("/a", "/b", "/c/d", "/Applications/A.app");

/** Any software row a device might report, including odd and hostile field values. */
export const softwareEntry: fc.Arbitrary<SoftwareEntry> = fc
  .record({
    name: word,
    version: word,
    source: fc.constantFrom("apps", "programs", "deb_packages"),
    bundle_identifier: word,
    release: word,
    vendor: word,
    arch: word,
    extension_id: word,
    extension_for: word,
    application_id: word,
    upgrade_code: word,
    last_opened_at: fc.option(fc.integer({ min: 1, max: 20_000 })),
    installed_paths: fc.uniqueArray(path, { maxLength: 3 }).map((paths) => paths.toSorted()),
    facts: fc.option(fc.record({ source_package: fc.constantFrom("x", "y") })),
  })
  .map((fields) => Object.assign(emptySoftwareEntry(fields.source), fields));
