import {
  FeedError,
  type FeedInput,
  type FeedIo,
  type FeedItems,
  type FleetNeeds,
  type RecordFeed,
  type SyncResult,
} from "../feed.ts";
import { syncRepositories } from "../formats/repository.ts";
import { updateinfoRecords, type UpdateinfoAdvisory } from "../formats/updateinfo.ts";

const CDN = "https://cdn.amazonlinux.com";
/** Repositories of each release: where the list of mirrors is, and which of them a host may lack. */
const REPOSITORIES: Readonly<Record<string, readonly { list: string; extra?: true }[]>> = {
  "1": [{ list: "http://repo.us-west-2.amazonaws.com/latest/updates/mirror.list" }],
  "2": [{ list: `${CDN}/2/core/latest/x86_64/mirror.list` }],
  "2022": [{ list: `${CDN}/al2022/core/mirrors/latest/x86_64/mirror.list` }],
  "2023": [
    { list: `${CDN}/al2023/core/mirrors/latest/x86_64/mirror.list` },
    { list: `${CDN}/al2023/kernel-livepatch/mirrors/latest/x86_64/mirror.list`, extra: true },
  ],
};

/** Names the extras of Amazon Linux 2, each a repository of its own. */
const EXTRAS = `${CDN}/2/extras-catalog.json`;
const EXTRAS_MAX = 300;

/** Amazon Linux: the advisories (ALAS) of its repositories. */
export const amazon: RecordFeed = {
  name: "amazon",
  kind: "records",
  title: "Amazon Linux security advisories",
  publisher: "Amazon",
  homepage: "https://alas.aws.amazon.com/",
  licence: "Amazon",
  purpose: "Fixed versions of the packages of Amazon Linux 1, 2, 2022 and 2023, extras and live patches.",
  everySeconds: 6 * 3600,
  parts: amazonReleases,
  sync: syncAmazon,
  // of two files with one advisory the whole repository's counts, not the list that stands by itself
  files: [
    {
      pattern: /(?:^|\/)al(\d+)-(?:core|livepatch)[^/]*updateinfo[^/]*\.xml(?:\.\w+)?$/u,
      part: (match) => match[1] ?? null,
      parse: parseAmazon,
    },
    {
      pattern: /(?:^|\/)updateinfo_(1|2|2022|2023)(?:_[\w.-]+)?\.xml(?:\.\w+)?$/u,
      part: (match) => match[1] ?? null,
      order: -1,
      parse: parseAmazon,
    },
  ],
};

function amazonReleases(fleet: FleetNeeds): string[] {
  const releases = new Set<string>();
  for (const ecosystem of fleet.ecosystems)
    if (ecosystem.startsWith("rpm:amzn:")) releases.add(ecosystem.slice("rpm:amzn:".length));
  for (const { name } of fleet.scopes) if (name.startsWith("amzn:")) releases.add(name.slice("amzn:".length));
  return Object.keys(REPOSITORIES).filter((release) => releases.has(release));
}

/** @param part the release: `2023` */
export function parseAmazon(input: FeedInput, part: string): FeedItems {
  return updateinfoRecords(input, { ecosystem: `rpm:amzn:${part}`, url: amazonUrl, introduced });
}

/**
 * An extra of Amazon Linux 2 holds one line of a package whose other lines are in the core or in other extras: `ALAS2KERNEL-5.15-…` is
 * about kernels from 5.15 on. Where the extra's name does not end with the line, its packages are in no other repository.
 */
function introduced({ id }: UpdateinfoAdvisory, fixed: string): string | undefined {
  const line = /^ALAS2(?!02[23])[A-Z][A-Z-]*?-?(\d+(?:\.\d+)*)-\d{4}-\d+$/u.exec(id)?.[1];
  if (line === undefined) return undefined;
  const [, epoch = "", version = ""] = /^(\d+:)?(.*)$/u.exec(fixed) ?? [];
  return version.startsWith(`${line}.`) ? `${epoch}${line}` : undefined;
}

function amazonUrl({ id }: UpdateinfoAdvisory): string {
  const parts = /^ALAS(2022|2023|2)?(.*)$/u.exec(id);
  const release = parts?.[1];
  return `https://alas.aws.amazon.com/${release === undefined ? "" : `AL${release}/`}ALAS${release === undefined ? "" : release}${parts?.[2] ?? ""}.html`;
}

async function syncAmazon(part: string, io: FeedIo): Promise<SyncResult> {
  const bases: string[] = [];
  for (const { list, extra } of [...(REPOSITORIES[part] ?? []), ...(part === "2" ? await extrasOf(io) : [])]) {
    const base = await mirrorOf(list, io).catch((error: unknown) => {
      // an extra that came to its end is taken away; the core must be there
      if (extra === true && error instanceof FeedError && (error.status === 404 || error.status === 403)) return null;
      throw error;
    });
    if (base !== null) bases.push(base);
  }
  return syncRepositories(bases, io, (input) => parseAmazon(input, part));
}

interface ExtrasCatalogue {
  /** `n` is the name: `kernel-5.15`, `php8.2`. */
  topics?: { n?: unknown }[];
}

/** The repositories of the extras that the catalogue lists. */
async function extrasOf(io: FeedIo): Promise<{ list: string; extra: true }[]> {
  const { topics } = JSON.parse(await io.text(EXTRAS)) as ExtrasCatalogue;
  if (!Array.isArray(topics)) throw new FeedError(`${EXTRAS} has no list of topics`);
  const names = topics.flatMap(({ n }) => (typeof n === "string" && /^[a-zA-Z0-9][\w.+-]*$/u.test(n) ? [n] : []));
  return names.slice(0, EXTRAS_MAX).map((name) => ({ list: `${CDN}/2/extras/${name}/latest/x86_64/mirror.list`, extra: true }));
}

async function mirrorOf(list: string, io: FeedIo): Promise<string> {
  const first = (await io.text(list))
    .split("\n")
    .find((line) => /^https?:\/\//u.test(line))
    ?.trim();
  if (first === undefined) throw new FeedError(`${list} names no mirror`);
  const url = new URL(first.replaceAll("$basearch", "x86_64"));
  return url.href.endsWith("/") ? url.href : `${url.href}/`;
}
