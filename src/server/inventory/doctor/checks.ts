import type { Database } from "../../database/tables.ts";
import { countsLockInTx } from "../count-store.ts";
import { hostsLockInTx } from "../host-lock-store.ts";
import { sweepOrphans } from "../sweep-orphans.ts";
import { titleVendorsKeepInTx } from "../title-vendor-store.ts";
import { misplacedSoftware, misplacedSoftwareMoveInTx, untitledSoftwarePlaceInTx, wrongChecksums } from "./check-titles.ts";
import { clearSecrets } from "../../vulnerabilities/notifications/seal-secrets.ts";
import { recountFixes, wrongFixes } from "../../vulnerabilities/fix-first/check-fixes.ts";
import { miscountedExposures, recountExposures } from "../../vulnerabilities/matching/check-exposures.ts";
import { Findings, type Check, type Found } from "./check.ts";
import * as counts from "./count-check-store.ts";
import * as history from "./history-check-store.ts";
import * as links from "./link-check-store.ts";
import type { Look } from "./look.ts";
import { softwareWithoutTitle, titlesWithWrongVendor } from "./title-check-store.ts";
import type { Walked } from "./walk-hosts.ts";

/** What no host holds may stay this long before it counts as left behind: sweeps run every hour and take what is an hour old. */
const ORPHAN_GRACE_MS = 3 * 60 * 60 * 1000;

type MendInTx = (tx: Database, ids: readonly number[]) => Promise<void>;

/** Mends hosts under their locks: no check-in of them is under way meanwhile. */
function underHostLocks(mend: MendInTx): NonNullable<Check["repair"]> {
  return async (db, ids) =>
    db.transaction().execute(async (tx) => {
      await hostsLockInTx(tx, [...ids]);
      await mend(tx, ids);
    });
}

/** What the walk over all hosts found of one kind. */
function walked(kind: Exclude<keyof Walked, "hosts" | "links">): Check["find"] {
  return async (look) => (await look.walked())[kind];
}

type CountTable = Parameters<typeof counts.countsRestoreInTx>[1];

function countCheck(
  table: CountTable,
  find: (look: Look) => Promise<Found>,
  words: Pick<Check, "name" | "proves" | "finding">,
): Check {
  return {
    ...words,
    remedy: "The counts are made anew from the rows.",
    find,
    repair: async (db, ids) =>
      db.transaction().execute(async (tx) => {
        await countsLockInTx(tx);
        await counts.countsRestoreInTx(tx, table, ids);
      }),
  };
}

/** All checks, in the order in which one's repair may leave something for the next. */
export const CHECKS: readonly Check[] = [
  {
    name: "hosts-exist",
    proves: "Links, history and label memberships belong to hosts that exist.",
    finding: ["row of a host that does not exist", "rows of hosts that do not exist"],
    remedy: "They are deleted; nobody can see them.",
    find: links.rowsWithoutHost,
    repair: async (db, ids) => db.transaction().execute(async (tx) => links.rowsWithoutHostDeleteInTx(tx, ids)),
  },
  {
    name: "software-exists",
    proves: "Every link is to software of the catalogue.",
    finding: ["link to software that does not exist", "links to software that does not exist"],
    remedy: "The links are deleted; the hosts' next reports are compared row by row and bring back what is there.",
    find: walked("missingSoftware"),
    repair: underHostLocks(links.linksWithoutSoftwareDeleteInTx),
  },
  {
    name: "titles-exist",
    proves: "Every software is in a title that exists.",
    finding: ["software in a title that does not exist", "software in titles that do not exist"],
    remedy: "It is put into the title that the rules derive, with its history and all counts.",
    find: softwareWithoutTitle,
    repair: async (db, ids) => db.transaction().execute(async (tx) => untitledSoftwarePlaceInTx(tx, ids)),
  },
  {
    name: "facts-exist",
    proves: "Facts that a link names are facts of its software.",
    finding: ["link with facts that are not its software's", "links with facts that are not their software's"],
    remedy: "The facts are forgotten; the hosts' next reports bring them again.",
    find: links.linksWithWrongFacts,
    repair: underHostLocks(links.wrongFactsForgetInTx),
  },
  {
    name: "host-counts",
    proves: "A host's number of software is that of its links.",
    finding: ["host with a wrong number of software", "hosts with a wrong number of software"],
    remedy: "The number is counted anew.",
    find: walked("hostCounts"),
    repair: underHostLocks(links.hostsRecountInTx),
  },
  {
    name: "source-counts",
    proves: "What each source of a host last reported is what the host holds of it.",
    finding: ["source with a wrong number of rows", "sources with a wrong number of rows"],
    remedy: "The number is counted anew, and the host's next report is compared row by row.",
    find: walked("sourceCounts"),
    repair: underHostLocks(links.hostsRecountInTx),
  },
  countCheck(counts.SOFTWARE_COUNTS, walked("versionCounts"), {
    name: "version-counts",
    proves: "A version's number of hosts is that of its links.",
    finding: ["version with a wrong number of hosts", "versions with a wrong number of hosts"],
  }),
  {
    name: "titles",
    proves: "Software is in the title that the rules derive, as corrections lead on.",
    finding: ["software in a wrong title", "software in wrong titles"],
    remedy: "It is moved, with its history and all counts.",
    find: misplacedSoftware,
    repair: async (db, ids) => db.transaction().execute(async (tx) => misplacedSoftwareMoveInTx(tx, ids)),
  },
  countCheck(counts.TITLE_COUNTS, walked("titleCounts"), {
    name: "title-counts",
    proves: "A title's numbers of hosts and versions are those of its links.",
    finding: ["title with a wrong number of hosts or versions", "titles with a wrong number of hosts or versions"],
  }),
  {
    name: "title-vendors",
    proves: "A title's vendor is the one that most of its held versions name.",
    finding: ["title with a wrong vendor", "titles with wrong vendors"],
    remedy: "It is told from the versions anew.",
    find: titlesWithWrongVendor,
    repair: async (db, ids) =>
      db.transaction().execute(async (tx) => {
        await countsLockInTx(tx);
        await titleVendorsKeepInTx(tx, ids);
      }),
  },
  countCheck(counts.LABEL_COUNTS, counts.labelsMiscounted, {
    name: "label-counts",
    proves: "A label's number of hosts is that of its members.",
    finding: ["label with a wrong number of hosts", "labels with a wrong number of hosts"],
  }),
  countCheck(counts.LABEL_SOFTWARE_COUNTS, walked("labelVersionCounts"), {
    name: "label-version-counts",
    proves: "Within each counted label, a version's number of hosts is that of its links.",
    finding: ["version with a wrong number of hosts in a label", "versions with a wrong number of hosts in a label"],
  }),
  countCheck(counts.LABEL_TITLE_COUNTS, walked("labelTitleCounts"), {
    name: "label-title-counts",
    proves: "Within each counted label, a title's numbers of hosts and versions are those of its links.",
    finding: ["title with wrong numbers in a label", "titles with wrong numbers in a label"],
  }),
  {
    name: "history-order",
    proves: "Nothing was removed before it was installed.",
    finding: ["row of history that ends before it begins", "rows of history that end before they begin"],
    remedy: "They are set to begin where they end.",
    find: history.historyBackwards,
    repair: underHostLocks(history.historyBackwardsMendInTx),
  },
  {
    name: "history-names",
    proves: "Software and successors that history names exist.",
    finding: ["row of history that names what does not exist", "rows of history that name what does not exist"],
    remedy: "Rows of software that is gone are deleted; an update to software that is gone becomes a removal.",
    find: history.historyUnnamed,
    repair: underHostLocks(history.historyUnnamedMendInTx),
  },
  {
    name: "history-overlaps",
    proves: "No host held the same software twice at one moment.",
    finding: ["row of history that reaches into the next", "rows of history that reach into the next"],
    remedy: "Each is set to end where the next begins.",
    find: history.historyOverlaps,
    repair: underHostLocks(history.historyOverlapsMendInTx),
  },
  {
    name: "checksums",
    proves: "Software is found by the checksum of its identity.",
    finding: ["software with another checksum than its identity's", "software with other checksums than their identity's"],
    remedy: "Not repaired: reports would bring it a second time. Restore a backup, or report this as a defect.",
    find: wrongChecksums,
    repair: null,
  },
  {
    name: "search-names",
    proves: "Every name of software can be searched.",
    finding: ["name that a search does not know", "names that a search does not know"],
    remedy: "They are added.",
    find: links.missingNames,
    repair: links.namesAdd,
  },
  {
    name: "unused-names",
    proves: "Searchable names are those of software.",
    finding: ["searchable name that no software has", "searchable names that no software has"],
    remedy: "They are deleted; they found nothing.",
    find: links.unusedNames,
    repair: links.unusedNamesDelete,
    repairs_all: true,
  },
  {
    name: "orphans",
    proves: "Software that no host holds and no history names is gone after three hours.",
    finding: ["software that nothing names", "software that nothing names"],
    remedy: "It is swept.",
    find: async (look) => links.orphans(look, new Date(look.now.getTime() - ORPHAN_GRACE_MS)),
    repair: async (db, _ids, now) => {
      await sweepOrphans({ db, now: () => now }, new AbortController().signal, ORPHAN_GRACE_MS);
    },
    repairs_all: true,
  },
  {
    name: "vulnerability-exposures",
    proves: "A vulnerability's numbers of hosts and software are those of its findings.",
    finding: [
      "vulnerability with a wrong number of hosts or software",
      "vulnerabilities with wrong numbers of hosts or software",
    ],
    remedy: "The numbers are counted anew.",
    find: async (look) => {
      const findings = new Findings();
      for await (const { vulnerability_id, words } of miscountedExposures(look.db)) findings.add(vulnerability_id, () => words);
      return findings.result();
    },
    repair: recountExposures,
  },
  {
    name: "fix-first",
    proves: "The queue of updates, kept change by change, is what all findings come to.",
    finding: ["vulnerability with wrong updates", "vulnerabilities with wrong updates"],
    remedy: "The updates that clear them are counted anew.",
    find: async (look) => {
      const findings = new Findings();
      for await (const { vulnerability_id, words } of wrongFixes(look.db)) findings.add(vulnerability_id, () => words);
      return findings.result();
    },
    repair: recountFixes,
  },
  {
    name: "signing-secrets",
    proves: "No secret that webhooks are signed with is in the database in the clear.",
    finding: ["rule of notifications with a secret in the clear", "rules of notifications with secrets in the clear"],
    remedy: "The server seals them within an hour of its start; where it does not, its log says why.",
    find: async (look) => {
      const findings = new Findings();
      for (const id of await clearSecrets(look.db)) findings.add(id, () => `rule ${id}`);
      return findings.result();
    },
    repair: null,
  },
];
