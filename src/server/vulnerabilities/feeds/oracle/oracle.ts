import { oracleFlavour } from "#domain/vulnerability/identity/rpm-packages.ts";
import type { AffectedRange } from "#domain/vulnerability/model.ts";
import type { FeedInput, FeedItem, FeedIo, RecordFeed, SyncResult } from "../feed.ts";
import { fleetReleases } from "../formats/fleet-releases.ts";
import { ovalRecords } from "../formats/oval/oval-records.ts";

const URL = "https://linux.oracle.com/security/oval/com.oracle.elsa-all.xml.bz2";

/** Oracle Linux: its errata (ELSA) as one OVAL file for all releases. */
export const oracle: RecordFeed = {
  name: "oracle",
  kind: "records",
  title: "Oracle Linux errata (OVAL)",
  publisher: "Oracle",
  homepage: "https://linux.oracle.com/security/oval/",
  licence: "Oracle",
  purpose: "Fixed versions of Oracle Linux's packages.",
  everySeconds: 24 * 3600,
  parts: (fleet) => fleetReleases(fleet, "rpm:ol:", "ol:", /^\d+/u),
  sync: syncOracle,
  files: [{ pattern: /(?:^|\/)com\.oracle\.elsa-[\w-]+\.xml(?:\.(?:bz2|gz))?$/u, part: () => "*", parse: parseOracle }],
};

async function syncOracle(part: string, io: FeedIo): Promise<SyncResult> {
  const file = await io.get(URL, { freshSeconds: 1800 });
  return file.changed ? { mode: "full", items: parseOracle(file, part) } : { mode: "unchanged" };
}

/** @param part the major release: `8` */
export async function* parseOracle(input: FeedInput, part: string): AsyncGenerator<FeedItem> {
  const platform = `Oracle Linux ${part}`;
  yield* ovalRecords(input, {
    ecosystem: `rpm:ol:${part}`,
    provider: "oracle-oval",
    scheme: "rpm",
    name_kind: "binary",
    wanted: (definition) => definition.class === "patch" && definition.platforms.includes(platform),
    release: (_comment, version) => version === `^${part}`,
    cvssSource: "Oracle",
    refine: (range, { definition, package: name }) => {
      const advisory = definition.references.find(({ source }) => source.toLowerCase() === "elsa");
      return {
        ...range,
        ...buildOf(name, range),
        ...(range.arch !== undefined && { arch: packageArchs(range.arch) }),
        ...(advisory !== undefined && { advisory: advisory.id, ...(advisory.url !== undefined && { url: advisory.url }) }),
      };
    },
  });
}

/**
 * Builds that are updated beside the ordinary ones: for Ksplice and FIPS, by their release; and the lines of the Unbreakable Enterprise
 * Kernel, of which a release has several under one name: an advisory speaks of the line that its fix is of.
 */
function buildOf(name: string, { fixed = "" }: AffectedRange): Pick<AffectedRange, "edition" | "introduced"> {
  const edition = oracleFlavour(fixed);
  const line = name.startsWith("kernel-uek") ? /^(?:\d+:)?[^-]+/u.exec(fixed)?.[0] : undefined;
  return { ...(edition !== "" && { edition }), ...(line !== undefined && { introduced: line }) };
}

/** Oracle asks for the machine's architecture, which has packages of several. */
function packageArchs(machines: readonly string[]): string[] {
  const x86 = machines.includes("x86_64") || machines.includes("i386");
  return [...new Set([...machines, ...(x86 ? ["i386", "i586", "i686"] : []), "noarch"])];
}
