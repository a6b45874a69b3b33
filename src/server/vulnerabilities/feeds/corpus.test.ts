import { readdirSync } from "node:fs";
import { relative, sep } from "node:path";
import { expect, test } from "vitest";
import { CORPUS, CORPUS_HERE, CORPUS_MISSING } from "#test/support/feed-mirror.ts";
import { recognise } from "./engine/directory.ts";
import { FEEDS } from "./registry.ts";

/** Files that no feed reads; docs/develop/corpus.md says why of each. */
const NOT_READ: readonly RegExp[] = [
  /^README\.md$|indexof[^/]*\.html$|schema\.json$/,
  /repomd[^/]*\.xml$|-modules\.yaml\.gz$|archive_latest\.txt$|(?:changes|deletions)\.csv$|\/v2\/feed\.json$|extras-catalog/,
  /^feed-samples\/msrc\/(?:csaf|vex|sug-\w+|cvrf\/updates)/,
  /^feed-samples\/nvd-(?:api-cve-paging|feed-cpe(?:match)?-2\.0)\/|^cpe\/|^nvd\/nvdcve-1\.1-/,
  /^osv\/.*\.lean\.jsonl\.gz$|^debian\/bookworm-amd64-binary-source|^feed-samples\/(?:debian-tracker-salsa|linux-osv)\//,
  /^apple\/(?:sofa-v\d-ios_|apple_cves_with_context)|^feed-samples\/apple-security-releases-html\//,
  /^feed-samples\/(?:ubuntu-cve-api|ubuntu-notice-api|ubuntu-usndb|ubuntu-cve-tracker|openssl-vulnerabilities|suse-cvrf-cve)\//,
  /oci\.com\.ubuntu\.fips-|\/jboss-|^feed-samples\/redhat-security-data-api\/cve\.json$/,
  /^kev\/.*\.csv\.gz$|^epss\/native-header-/,
  /^vex\/(?:csaf-2\.0-examples|cyclonedx-vex|openvex|trivy-samples)\//,
];

function corpusNames(): string[] {
  return readdirSync(CORPUS, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(CORPUS, `${entry.parentPath}/${entry.name}`).split(sep).join("/"));
}

test.skipIf(!CORPUS_HERE)(`every file of the corpus is read by a feed, or known not to be: ${CORPUS_MISSING}`, () => {
  const names = corpusNames();
  const read = names.filter((name) => recognise(name, FEEDS) !== null);
  const known = (name: string) => NOT_READ.some((pattern) => pattern.test(name));
  expect(read.length).toBeGreaterThanOrEqual(188);
  expect(read.filter(known)).toEqual([]);
  expect(names.filter((name) => !read.includes(name) && !known(name))).toEqual([]);
});
