import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { corpusFile, CORPUS_HERE, CORPUS_MISSING, feedMirror, type FeedMirror } from "#test/support/feed-mirror.ts";
import { syncOnce } from "#test/support/feed-engine.ts";
import { recordsOnly } from "#test/support/feed-parsing.ts";
import { alma } from "./alma/alma.ts";
import { alpine } from "./alpine/alpine.ts";
import { amazon } from "./amazon/amazon.ts";
import { debian } from "./debian/debian.ts";
import { redhatApi } from "./redhat/redhat-api.ts";
import { redhatVex } from "./redhat/redhat-vex.ts";
import { suseVex } from "./suse/suse-vex.ts";
import { ubuntuTracker } from "./ubuntu/ubuntu-tracker.ts";
import { ubuntu } from "./ubuntu/ubuntu.ts";

const REDHAT = "https://security.access.redhat.com/data/csaf/v2/vex/";
const TRACKER = "https://security-tracker.debian.org/tracker/data/json";
const LISTS = "https://salsa.debian.org/security-tracker-team/security-tracker/-/raw/master/data/";

let mirror: FeedMirror;
beforeEach(async () => {
  mirror = await feedMirror();
});
afterEach(() => mirror.close());

describe("Debian", () => {
  const TREE = {
    curl: {
      "CVE-2022-42252": { releases: { bullseye: { status: "resolved", fixed_version: "7.74.0-1.3+deb11u3", urgency: "low" } } },
    },
  };

  test("the tracker's data gets the names of advisories, and is asked for again by its validator", async () => {
    mirror.serve(TRACKER, JSON.stringify(TREE));
    mirror.serve(
      `${LISTS}DSA/list`,
      "[30 Mar 2023] DSA-5381-1 curl - security update\n\t{CVE-2022-42252}\n\t[bullseye] - curl 7.74.0-1.3+deb11u3\n",
    );
    mirror.serve(`${LISTS}DLA/list`, "");
    const first = await syncOnce(debian, "bullseye", mirror);
    expect(recordsOnly(first.items)).toMatchObject([
      { name: "curl/CVE-2022-42252", affected: [{ ranges: [{ advisory: "DSA-5381-1" }] }] },
    ]);
    const second = await syncOnce(debian, "bullseye", mirror, { memory: first.memory, lastSuccess: new Date() });
    expect([second.mode, mirror.statusOf(TRACKER)]).toEqual(["unchanged", [200, 304]]);
  });

  test("without the lists findings merely lack the advisory's name; without the tracker there is nothing", async () => {
    mirror.serve(TRACKER, JSON.stringify(TREE));
    const { items } = await syncOnce(debian, "bullseye", mirror);
    expect(recordsOnly(items)[0]?.affected[0]?.ranges[0]).not.toHaveProperty("advisory");
    mirror.serve(TRACKER, JSON.stringify(TREE).slice(0, 60));
    await expect(syncOnce(debian, "bullseye", mirror)).rejects.toThrow(/json/iu);
    mirror.fail(TRACKER, { status: 500 });
    await expect(syncOnce(debian, "bullseye", mirror)).rejects.toThrow(/500/u);
  });
});

describe.skipIf(!CORPUS_HERE)(`Red Hat's archive and its lists of changes: ${CORPUS_MISSING}`, () => {
  const path = (name: string): string => `feed-samples/redhat-csaf-vex/${name}`;

  async function serveArchive(): Promise<void> {
    mirror.serve(`${REDHAT}archive_latest.txt`, await corpusFile(path("archive_latest.txt")));
    mirror.serve(`${REDHAT}csaf_vex_2024-08-04.tar.zst`, await corpusFile(path("csaf_vex_2024-08-04.tar.zst")));
    mirror.serve(`${REDHAT}changes.csv`, await corpusFile(path("changes.csv")));
    mirror.serve(`${REDHAT}deletions.csv`, await corpusFile(path("deletions.csv")));
  }

  test("the archive first, then only what changed and what was deleted since its day", async () => {
    await serveArchive();
    const first = await syncOnce(redhatVex, "9", mirror);
    expect([first.mode, recordsOnly(first.items).length, first.memory.feed]).toEqual([
      "full",
      5,
      { changed: "2024-08-04T00:00:00+00:00", deleted: "2024-08-04T00:00:00+00:00" },
    ]);
    const changed = { document: { tracking: { id: "CVE-2023-6212" } }, vulnerabilities: [] };
    mirror.serve(`${REDHAT}2023/cve-2023-6212.json`, JSON.stringify(changed));
    const second = await syncOnce(redhatVex, "9", mirror, { memory: first.memory, lastSuccess: new Date() });
    // the changed document says nothing of release 9 any more, the other is not there: both are gone, and so are the deleted ones
    expect([second.mode, second.items]).toEqual([
      "delta",
      [{ gone: "CVE-2023-6240" }, { gone: "CVE-2023-6212" }, { gone: "CVE-2023-6237" }, { gone: "CVE-2024-44943" }],
    ]);
    expect(second.memory.feed).toEqual({ changed: "2024-08-04T10:17:22+00:00", deleted: "2024-08-28T09:39:21+00:00" });
    const third = await syncOnce(redhatVex, "9", mirror, { memory: second.memory, lastSuccess: new Date() });
    expect(third.mode).toBe("unchanged");
  });

  test("an archive that is cut off, a list of another form and a name out of the folder are refused", async () => {
    await serveArchive();
    const whole = await corpusFile(path("csaf_vex_2024-08-04.tar.zst"));
    mirror.serve(`${REDHAT}csaf_vex_2024-08-04.tar.zst`, whole.subarray(0, 50_000));
    await expect(syncOnce(redhatVex, "9", mirror)).rejects.toThrow(/damaged|cut off|whole archive/u);
    const memory = { feed: { changed: "2024-01-01T00:00:00Z", deleted: "2024-01-01T00:00:00Z" } };
    mirror.serve(`${REDHAT}changes.csv`, '"../../etc/passwd.json","2024-08-04T10:17:22+00:00"');
    await expect(syncOnce(redhatVex, "9", mirror, { memory })).rejects.toThrow(/no path and time/u);
    mirror.serve(`${REDHAT}archive_latest.txt`, "../../secret.tar.zst");
    await expect(syncOnce(redhatVex, "9", mirror)).rejects.toThrow(/names no archive/u);
  });
});

describe("Red Hat's API", () => {
  const API = "https://access.redhat.com/hydra/rest/securitydata";
  const state = { product_name: "RHEL 9", package_name: "curl", fix_state: "Affected", cpe: "cpe:/o:redhat:enterprise_linux:9" };

  function list(window: string, ...cves: string[]): void {
    mirror.serve(`${API}/cve.json?${window}&per_page=1000&page=1`, JSON.stringify(cves.map((CVE) => ({ CVE }))));
  }
  function document(name: string): void {
    mirror.serve(`${API}/cve/${name}.json`, JSON.stringify({ name, package_state: state }));
  }

  test("goes back through the years in windows, then takes what is new and what the list of changes says", async () => {
    for (const name of ["CVE-2001-0001", "CVE-2001-0002", "CVE-2026-0003"]) document(name);
    mirror.serve(`${REDHAT}changes.csv`, '"2001/cve-2001-0002.json","2026-01-31T10:00:00+00:00"\n');
    list("after=2026-01-31");
    list("after=2001-01-05&before=2001-02-06", "CVE-2001-0001", "../x");
    list("after=2000-12-06&before=2001-01-07");
    const memory = { feed: { day: "2026-01-31", changed: "2026-02-01T00:00:00Z", back: "2001-02-05", waiting: [] } };
    const first = await syncOnce(redhatApi, "9", mirror, { now: new Date("2026-02-01T00:00:00Z"), memory });
    expect([first.mode, recordsOnly(first.items).map(({ name }) => name), first.memory.feed]).toEqual([
      "delta",
      ["CVE-2001-0001"],
      { day: "2026-01-31", changed: "2026-02-01T00:00:00Z", back: null, waiting: [] },
    ]);
    mirror.serve(`${REDHAT}changes.csv`, '"2001/cve-2001-0002.json","2026-02-02T10:00:00+00:00"\n');
    list("after=2026-01-31", "CVE-2026-0003");
    const second = await syncOnce(redhatApi, "9", mirror, { now: new Date("2026-02-03T00:00:00Z"), memory: first.memory });
    expect(recordsOnly(second.items).map(({ name }) => name)).toEqual(["CVE-2026-0003", "CVE-2001-0002"]);
    expect(second.memory.feed).toEqual({ day: "2026-02-02", changed: "2026-02-02T10:00:00+00:00", back: null, waiting: [] });
    list("after=2026-02-02");
    const third = await syncOnce(redhatApi, "9", mirror, { now: new Date("2026-02-03T06:00:00Z"), memory: second.memory });
    expect(third.mode).toBe("unchanged");
  });

  test("fetches a bounded number of documents at once; the others wait", async () => {
    const names = Array.from({ length: 900 }, (_, index) => `CVE-2026-${1000 + index}`);
    const more = names.map((name) => name.replace("2026", "2025"));
    mirror.serve(`${REDHAT}changes.csv`, "");
    list("after=2026-01-31", ...names);
    list("after=2026-01-02&before=2026-02-03", ...more);
    const now = new Date("2026-02-01T00:00:00Z");
    const { items, memory } = await syncOnce(redhatApi, "9", mirror, { now });
    // none of them is there: all are gone, after their documents were asked for
    expect(items).toHaveLength(1500);
    expect(memory.feed).toMatchObject({ back: "2026-01-03", waiting: more.slice(600) });
  });
});

describe("Ubuntu's tracker", () => {
  const page = (offset: number): string =>
    `https://ubuntu.com/security/cves.json?limit=20&offset=${offset}&sort_by=updated&order=descending`;
  const cve = (number: number, updated_at: string, status = "needed") => ({
    id: `CVE-2026-${number}`,
    updated_at,
    priority: "high",
    packages: [
      {
        name: "curl",
        statuses: [
          { release_codename: "jammy", pocket: "security", status, description: "" },
          { release_codename: "jammy", pocket: "esm-infra", status: "released", description: "7.81-1+esm1" },
          { release_codename: "noble", pocket: "security", status: "DNE", description: null },
        ],
      },
    ],
  });
  const time = (minute: number): string => `2026-01-01T00:${String(minute).padStart(2, "0")}:00+00:00`;

  function serve(cves: readonly object[], total = cves.length): void {
    for (let offset = 0; offset < Math.max(total, 1); offset += 20)
      mirror.serve(
        page(offset),
        JSON.stringify({ cves: cves.slice(offset, offset + 20), offset, limit: 20, total_results: total }),
      );
  }

  test("is read page by page from the latest change back, then only what changed since", async () => {
    const all = Array.from({ length: 45 }, (_, index) => cve(2000 - index, time(50 - index)));
    serve(all);
    const first = await syncOnce(ubuntuTracker, "jammy", mirror);
    expect([first.mode, recordsOnly(first.items).length, first.memory.feed]).toEqual([
      "delta",
      45,
      { until: time(50), offset: null },
    ]);
    expect(recordsOnly(first.items)[0]?.affected).toMatchObject([
      {
        ecosystem: "deb:ubuntu:22.04",
        package: "curl",
        ranges: [{ fix: "unfixed" }, { fixed: "7.81-1+esm1", channel: "esm-infra" }],
      },
    ]);
    const before = mirror.requests.length;
    const later = new Date(Date.now() + 3_600_000);
    expect((await syncOnce(ubuntuTracker, "jammy", mirror, { memory: first.memory, now: later })).mode).toBe("unchanged");
    serve([cve(1960, time(52), "not-affected"), cve(3000, time(51)), ...all.filter(({ id }) => id !== "CVE-2026-1960")], 46);
    const second = await syncOnce(ubuntuTracker, "jammy", mirror, { memory: first.memory, now: later });
    expect(recordsOnly(second.items).map(({ name }) => name)).toEqual(["CVE-2026-1960", "CVE-2026-3000", "CVE-2026-2000"]);
    expect(mirror.requests.length - before).toBe(2);
    const noble = await syncOnce(ubuntuTracker, "noble", mirror);
    expect(noble.items).toHaveLength(46);
    expect(noble.items[0]).toEqual({ gone: "CVE-2026-1960" });
  });

  test("a first load that is too much for once goes on where it stopped, and passes nothing over that moved meanwhile", async () => {
    const all = Array.from({ length: 4010 }, (_, index) =>
      cve(9000 - index, `2026-01-01T00:00:${String(4010 - index).padStart(6, "0")}`),
    );
    serve(all);
    const first = await syncOnce(ubuntuTracker, "jammy", mirror);
    expect(first.memory.feed).toMatchObject({ offset: 4000 });
    // one of those that are yet to come moves to the front
    const moved = cve(9000 - 4005, "2026-01-02T00:00:00");
    serve([moved, ...all.filter(({ id }) => id !== moved.id)]);
    const later = new Date(Date.now() + 3_600_000);
    const second = await syncOnce(ubuntuTracker, "jammy", mirror, { memory: first.memory, now: later });
    const seen = new Set([...recordsOnly(first.items), ...recordsOnly(second.items)].map(({ name }) => name));
    expect(seen.size).toBe(4010);
    expect(second.memory.feed).toEqual({ until: "2026-01-02T00:00:00", offset: null });
  });

  test.each([
    ["another page", { cves: [], offset: 40, total_results: 60 }, /page from 40 instead of 0/u],
    ["no list", { cves: {}, offset: 0, total_results: 1 }, /another shape.*cves/u],
    ["fewer than it promises", { cves: [], offset: 0, total_results: 60 }, /gave 0 of 60 CVEs and then none/u],
  ])("an answer with %s is refused", async (_, answer, message) => {
    mirror.serve(page(0), JSON.stringify(answer));
    await expect(syncOnce(ubuntuTracker, "jammy", mirror)).rejects.toThrow(message);
  });

  test.skipIf(!CORPUS_HERE)(`real pages: ${CORPUS_MISSING}`, async () => {
    const real = JSON.parse((await corpusFile("feed-samples/ubuntu-cve-api/happy/0_20.json")).toString()) as { cves: object[] };
    serve(real.cves);
    const { items } = await syncOnce(ubuntuTracker, "jammy", mirror);
    expect(items).toHaveLength(real.cves.length);
    expect(items.filter((item) => "bad" in item)).toEqual([]);
  });
});

describe.skipIf(!CORPUS_HERE)(`in the publishers' own containers: ${CORPUS_MISSING}`, () => {
  test("SUSE: the archive, then the list of changes", async () => {
    const base = "https://ftp.suse.com/pub/projects/security/";
    mirror.serve(`${base}csaf-vex.tar.bz2`, await corpusFile("feed-samples/suse-csaf-vex/csaf-vex.tar.bz2"));
    mirror.serve(`${base}csaf-vex/changes.csv`, '"cve-2023-5568.json","2020-01-01T00:00:00Z"\n');
    const first = await syncOnce(suseVex, "opensuse-tumbleweed", mirror);
    expect(recordsOnly(first.items).map(({ name }) => name)).toEqual(["CVE-2023-5568"]);
    const second = await syncOnce(suseVex, "opensuse-tumbleweed", mirror, { memory: first.memory, lastSuccess: new Date() });
    expect([second.mode, second.items]).toEqual(["delta", []]);
  });

  test("Ubuntu: one archive for all releases", async () => {
    const url = "https://security-metadata.canonical.com/osv/osv-all.tar.xz";
    mirror.serve(url, await corpusFile("feed-samples/ubuntu-osv/happy/osv-all.tar.xz"));
    const first = await syncOnce(ubuntu, "jammy", mirror);
    expect(recordsOnly(first.items).map(({ name }) => name)).toEqual(["CVE-2024-51988"]);
    expect((await syncOnce(ubuntu, "jammy", mirror, { memory: first.memory, lastSuccess: new Date() })).mode).toBe("unchanged");
    mirror.fail(url, { truncateTo: 4000 });
    await expect(syncOnce(ubuntu, "jammy", mirror)).rejects.toThrow(/damaged|cut off|whole archive/u);
  });

  test("Alpine: both repositories of a branch", async () => {
    for (const name of ["main", "community"]) {
      mirror.serve(
        `https://secdb.alpinelinux.org/v3.16/${name}.json`,
        await corpusFile(`feed-samples/alpine-secdb/v3.16/${name}.json`),
      );
    }
    const { items } = await syncOnce(alpine, "3.16", mirror);
    expect(
      recordsOnly(items)
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(["community/advancecomp", "main/apache2"]);
  });

  test("Amazon Linux 2: the core, and the extras that the catalogue names; an extra that ended is left out", async () => {
    const list = (name: string) => `https://cdn.amazonlinux.com/2/${name}/latest/x86_64/mirror.list`;
    mirror.serve(
      "https://cdn.amazonlinux.com/2/extras-catalog.json",
      '{"topics":[{"n":"emacs"},{"n":"kernel-5.15"},{"n":"../x"}]}',
    );
    const digestOf = async (bytes: Buffer) =>
      Buffer.from(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes))).toString("hex");
    for (const [name, file] of [
      ["core", "updateinfo_2.xml.gz"],
      ["extras/kernel-5.15", "updateinfo_2_kernel-5.15.xml.gz"],
    ] as const) {
      const base = `https://mirror.example/${name}/`;
      const updates = await corpusFile(`feed-samples/amazon-alas/${file}`);
      mirror.serve(list(name), base);
      mirror.serve(
        `${base}repodata/repomd.xml`,
        `<repomd><data type="updateinfo"><checksum type="sha256">${await digestOf(updates)}</checksum><location href="repodata/u.xml.gz"/></data></repomd>`,
      );
      mirror.serve(`${base}repodata/u.xml.gz`, updates);
    }
    const names = recordsOnly((await syncOnce(amazon, "2", mirror)).items).map(({ name }) => name);
    expect(names.filter((name) => name.startsWith("ALAS2KERNEL-5.15-")).length).toBeGreaterThan(0);
    expect(names.some((name) => name.startsWith("ALAS2-"))).toBe(true);
    mirror.serve("https://cdn.amazonlinux.com/2/extras-catalog.json", '{"topics":7}');
    await expect(syncOnce(amazon, "2", mirror)).rejects.toThrow("no list of topics");
  });

  test("Amazon and AlmaLinux: the repository's index names the updates and their digest", async () => {
    const repository = "https://mirror.example/al2023/x86_64/";
    const core = "https://cdn.amazonlinux.com/al2023/core/mirrors/latest/x86_64/mirror.list";
    mirror.serve(core, `${repository}\n`);
    const updates = await corpusFile("feed-samples/amazon-alas/updateinfo_2023.xml.gz");
    const index = (href: string, digest: string) =>
      `<repomd><data type="updateinfo"><checksum type="sha256">${digest}</checksum><location href="${href}"/></data></repomd>`;
    const digest = Buffer.from(await crypto.subtle.digest("SHA-256", new Uint8Array(updates))).toString("hex");
    mirror.serve(`${repository}repodata/repomd.xml`, index("repodata/updateinfo.xml.gz", digest));
    mirror.serve(`${repository}repodata/updateinfo.xml.gz`, updates);
    expect(recordsOnly((await syncOnce(amazon, "2023", mirror)).items).map(({ name }) => name)).toEqual(["ALAS2023-2023-001"]);
    mirror.serve(`${repository}repodata/repomd.xml`, index("repodata/updateinfo.xml.gz", "0".repeat(64)));
    await expect(syncOnce(amazon, "2023", mirror)).rejects.toThrow(/sha256|digest/iu);
    mirror.serve(`${repository}repodata/repomd.xml`, index("../../etc/passwd", digest));
    await expect(syncOnce(amazon, "2023", mirror)).rejects.toThrow("outside of the repository");
    // without its core repository a release has no data
    mirror.fail(core, { status: 404 });
    await expect(syncOnce(amazon, "2023", mirror)).rejects.toThrow(/404/u);
    await expect(syncOnce(alma, "9", mirror)).rejects.toThrow(/404/u);
  });
});
