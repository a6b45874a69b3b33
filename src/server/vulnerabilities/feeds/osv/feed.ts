import type { RecordFeed } from "../feed.ts";
import { osvFolder, osvFolderEcosystem } from "./ecosystems.ts";
import { isGithubMirror, osvFileFolder, parseOsvFile } from "./parse.ts";
import { syncOsv } from "./sync.ts";

/** Advisories of the open-source ecosystems (OSV). A part is an ecosystem as software is looked up in it: `npm`, `deb:debian:12`. */
export const OSV_FEED: RecordFeed = {
  name: "osv",
  kind: "records",
  title: "Open Source Vulnerabilities",
  publisher: "OSV.dev",
  homepage: "https://osv.dev",
  licence: "CC BY 4.0 and others, as each source states",
  purpose:
    "Vulnerable and malicious packages of npm, PyPI, Go, crates.io and other language ecosystems, Homebrew, VS Code and Linux distributions.",
  everySeconds: 1800,
  // Ubuntu's records are loaded from Ubuntu itself (ubuntu/ubuntu.ts)
  parts: ({ ecosystems }) =>
    [...ecosystems].filter((ecosystem) => osvFolder(ecosystem) !== null && !ecosystem.startsWith("deb:ubuntu:")).toSorted(),
  sync: syncOsv,
  files: [
    {
      // samples of many ecosystems do not replace the records of a whole one
      pattern: /(?:^|\/)osv\/mixed[^/]*\.jsonl(?:\.gz|\.zst|\.xz)?$/,
      part: () => "*",
      parse: parseOsvFile,
      order: -1,
    },
    {
      // `<Ecosystem>/all.zip` of the bucket, and JSON lines of mirrors in a folder `osv`; `lean` copies lack what names the CVEs
      pattern: /(?:^|\/)(?:[^/]+(?:\/happy)?\/all\.zip|osv\/(?![^/]*\.lean\.)[^/]+\.jsonl(?:\.gz|\.zst|\.xz)?)$/,
      part: ([path]) => partOfFile(path),
      parse: parseOsvFile,
    },
  ],
};

function partOfFile(path: string): string | null {
  if (isGithubMirror(path)) return "*";
  const folder = osvFileFolder(path);
  if (folder !== null) return osvFolderEcosystem(folder) ?? "*";
  // an archive of an ecosystem that is not used (`Linux/all.zip`)
  return path.endsWith(".zip") ? null : "*";
}
