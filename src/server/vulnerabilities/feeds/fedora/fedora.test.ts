import { zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { syncOnce } from "#test/support/feed-engine.ts";
import { feedMirror, type FeedMirror } from "#test/support/feed-mirror.ts";
import { parsedText, rangesOf, recordsOnly } from "#test/support/feed-parsing.ts";
import { alma } from "../alma/alma.ts";
import { parseRocky } from "../rocky/rocky.ts";
import { fedora, parseFedora } from "./fedora.ts";

/** In the form that Bodhi writes: CVEs in the titles of bugs, packages of every architecture of the repository. */
const UPDATES = `<?xml version="1.0" encoding="utf-8"?><updates>
  <update from="updates@fedoraproject.org" status="stable" type="security" version="2.0">
    <id>FEDORA-2024-aec80d6e8a</id><title>glibc-2.38-16.fc39</title><issued date="2024-01-31 20:00:05"/><rights>Copyright</rights>
    <release>Fedora 39</release><severity>Important</severity><summary>glibc-2.38-16.fc39 security update</summary>
    <description>Security fixes for CVE-2023-6246 and CVE-2023-6779.</description>
    <references><reference href="https://bugzilla.redhat.com/show_bug.cgi?id=2249053" id="2249053" type="bugzilla" title="CVE-2023-6246 glibc: heap-based buffer overflow"/>
      <reference href="https://bugzilla.redhat.com/show_bug.cgi?id=2254395" id="2254395" type="bugzilla" title="CVE-2023-6779 glibc: off-by-one"/></references>
    <pkglist><collection short="F39"><name>Fedora 39</name>
      <package name="glibc" version="2.38" release="16.fc39" epoch="0" src="https://example.org/glibc-2.38-16.fc39.src.rpm" arch="src"><filename>glibc-2.38-16.fc39.src.rpm</filename></package>
      <package name="glibc" version="2.38" release="16.fc39" epoch="0" arch="i686"><filename>glibc-2.38-16.fc39.i686.rpm</filename></package>
      <package name="glibc" version="2.38" release="16.fc39" epoch="0" arch="x86_64"><filename>glibc-2.38-16.fc39.x86_64.rpm</filename></package>
      <package name="glibc-debuginfo" version="2.38" release="16.fc39" epoch="0" arch="x86_64"><filename>x.rpm</filename></package>
    </collection></pkglist></update>
  <update from="updates@fedoraproject.org" status="stable" type="bugfix" version="2.0">
    <id>FEDORA-2024-0000000001</id><title>vim-9.1-1.fc39</title><issued date="2024-01-31 20:00:05"/><description>Mentions CVE-2020-0001 by the way</description>
    <references/><pkglist><collection short="F39"><name>Fedora 39</name><package name="vim" version="9.1" release="1.fc39" epoch="2" arch="x86_64"/></collection></pkglist></update>
</updates>`;

test("a security update has the CVEs of its bugs and text, for every architecture; a bug's fix that names one by the way has none", async () => {
  const records = recordsOnly(await parsedText(parseFedora, UPDATES, "39"));
  expect(records.map(({ name }) => name)).toEqual(["FEDORA-2024-aec80d6e8a"]);
  expect(rangesOf(records, "glibc").map(({ vulnerability, fixed, arch }) => [vulnerability, fixed, arch])).toEqual([
    ["CVE-2023-6246", "2.38-16.fc39", undefined],
    ["CVE-2023-6779", "2.38-16.fc39", undefined],
  ]);
  expect(rangesOf(records, "glibc")[0]?.url).toBe("https://bodhi.fedoraproject.org/updates/FEDORA-2024-aec80d6e8a");
  expect(rangesOf(records, "glibc-debuginfo")).toEqual([]);
});

test("Rocky: an update of a module is of the stream that its collection, its title or its packages tell", async () => {
  const update = (id: string, title: string, module: string) => `<update type="security"><id>${id}</id><title>${title}</title>
    <references><reference id="CVE-2024-0001" type="cve"/></references><pkglist><collection short="x">${module}
    <package name="nodejs" version="18.19.1" release="1.module+el8.9.0+1763+aaaabbbb" epoch="1" arch="x86_64"/></collection></pkglist></update>`;
  const text = `<updates>${update("RLSA-1", "Important: nodejs security update", '<module name="nodejs" stream="18" version="1" context="c" arch="x86_64"/>')}
    ${update("RLSA-2", "Important: nodejs:18 security update", "")}${update("RLSA-3", "Important: nodejs security update", "")}</updates>`;
  const records = recordsOnly(await parsedText(parseRocky, text, "8"));
  expect(rangesOf(records, "nodejs").map(({ module, fixed }) => [module, fixed])).toEqual(
    Array.from({ length: 3 }, () => ["nodejs:18", "1:18.19.1-1.module+el8.9.0+1763+aaaabbbb"]),
  );
});

describe("repositories", () => {
  let mirror: FeedMirror;
  beforeEach(async () => {
    mirror = await feedMirror();
  });
  afterEach(() => mirror.close());

  async function serve(base: string): Promise<void> {
    const packed = zstdCompressSync(UPDATES);
    const digest = Buffer.from(await crypto.subtle.digest("SHA-256", new Uint8Array(packed))).toString("hex");
    mirror.serve(`${base}repodata/updateinfo.xml.zst`, packed);
    mirror.serve(
      `${base}repodata/repomd.xml`,
      `<repomd><data type="updateinfo"><checksum type="sha256">${digest}</checksum><location href="repodata/updateinfo.xml.zst"/></data></repomd>`,
    );
  }

  const names = async (feed: typeof fedora, part: string) =>
    recordsOnly((await syncOnce(feed, part, mirror)).items).map(({ name }) => name);

  test("of a Fedora release that has ended are in the archive", async () => {
    await serve("https://archives.fedoraproject.org/pub/archive/fedora/linux/updates/39/Everything/x86_64/");
    expect(await names(fedora, "39")).toEqual(["FEDORA-2024-aec80d6e8a"]);
    await serve("https://dl.fedoraproject.org/pub/fedora/linux/updates/42/Everything/x86_64/");
    expect(await names(fedora, "42")).toEqual(["FEDORA-2024-aec80d6e8a"]);
    await expect(syncOnce(fedora, "43", mirror)).rejects.toThrow(/404/u);
  });

  test("that not every release of AlmaLinux has may lack, the others not", async () => {
    const base = (name: string) => `https://repo.almalinux.org/almalinux/9/${name}/x86_64/os/`;
    for (const name of ["BaseOS", "AppStream", "CRB", "HighAvailability", "extras", "RT"]) await serve(base(name));
    expect(new Set(await names(alma, "9"))).toEqual(new Set(["FEDORA-2024-aec80d6e8a"]));
    mirror.fail(`${base("BaseOS")}repodata/repomd.xml`, { status: 404 });
    await expect(syncOnce(alma, "9", mirror)).rejects.toThrow(/404/u);
  });
});
