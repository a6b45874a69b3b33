import { expect, test } from "vitest";
import { isWithin, parsedText, rangesOf, recordsOnly } from "#test/support/feed-parsing.ts";
import { parseFedora } from "../fedora/fedora.ts";
import { parseAlma } from "../alma/alma.ts";
import { parseAmazon } from "./amazon.ts";

function update(
  id: string,
  packages: string,
  options: { references?: string; title?: string; type?: string; collection?: string } = {},
): string {
  const {
    references = '<reference type="cve" id="CVE-2024-0001"/>',
    title = "text",
    type = "security",
    collection = "",
  } = options;
  return `<updates><update type="${type}"><id>${id}</id><title>${title}</title><severity>important</severity><description>text</description>
    <references>${references}</references><pkglist><collection>${collection}${packages}</collection></pkglist></update></updates>`;
}

function rpm(name: string, version: string, release: string, arch: string, epoch = "0"): string {
  return `<package name="${name}" epoch="${epoch}" version="${version}" release="${release}" arch="${arch}"/>`;
}

test("an advisory's packages are one range for all architectures; sources and debug symbols are on no host", async () => {
  const packages = [
    rpm("bind", "9.11.4", "26.P2.amzn2.13", "x86_64", "32"),
    rpm("bind", "9.11.4", "26.P2.amzn2.13", "aarch64", "32"),
    rpm("bind", "9.11.4", "26.P2.amzn2.13", "src", "32"),
    rpm("bind-debuginfo", "9.11.4", "26.P2.amzn2.13", "x86_64", "32"),
    rpm("bind-license", "9.11.4", "26.P2.amzn2.13", "noarch", "32"),
  ];
  const records = recordsOnly(await parsedText(parseAmazon, update("ALAS2-2024-1", packages.join("")), "2"));
  expect(records[0]?.affected.map((one) => one.package)).toEqual(["bind", "bind-license"]);
  expect(rangesOf(records, "bind")).toEqual([
    {
      vulnerability: "CVE-2024-0001",
      status: "affected",
      provider: "updateinfo",
      name_kind: "binary",
      scheme: "rpm",
      fixed: "32:9.11.4-26.P2.amzn2.13",
      fix: "fixed",
      arch: ["x86_64", "aarch64"],
      severity: "high",
      advisory: "ALAS2-2024-1",
      url: "https://alas.aws.amazon.com/AL2/ALAS2-2024-1.html",
    },
  ]);
  expect(rangesOf(records, "bind-license")[0]).not.toHaveProperty("arch");
});

test("an extra's kernels are a line of their own: older lines are not measured by it", async () => {
  const records = recordsOnly(
    await parsedText(parseAmazon, update("ALAS2KERNEL-5.15-2022-001", rpm("kernel", "5.15.43", "20.123.amzn2", "x86_64")), "2"),
  );
  const [range] = rangesOf(records, "kernel");
  expect(
    ["4.14.300-1.amzn2", "5.10.200-1.amzn2", "5.15.40-1.amzn2", "5.15.43-20.123.amzn2"].map((version) =>
      isWithin(range!, version),
    ),
  ).toEqual([false, false, true, false]);
});

test("AlmaLinux: the module of a collection is that of its packages, and the advisory names its page", async () => {
  const collection = '<module name="nodejs" stream="18" version="1" context="c" arch="x86_64"/>';
  const references =
    '<reference type="cve" id="CVE-2023-44487"/><reference type="self" href="https://errata.almalinux.org/9/ALSA-2023-7549.html"/>';
  const content = update("ALSA-2023:7549", rpm("nodejs", "18.18.2", "1.module_el9", "x86_64", "1"), { collection, references });
  expect(rangesOf(recordsOnly(await parsedText(parseAlma, content, "9")), "nodejs")).toMatchObject([
    { module: "nodejs:18", fixed: "1:18.18.2-1.module_el9", url: "https://errata.almalinux.org/9/ALSA-2023-7549.html" },
  ]);
});

test("Fedora names CVEs in the titles of bugs; an update that is no security update is none", async () => {
  const references = '<reference type="bugzilla" title="CVE-2025-1111 curl: heap overflow [fedora-42]" id="1"/>';
  const packages = rpm("curl", "8.11.1", "4.fc42", "x86_64");
  const parsed = async (type: string) => parsedText(parseFedora, update("FEDORA-2025-1", packages, { references, type }), "42");
  expect(recordsOnly(await parsed("security"))[0]).toMatchObject({
    vulnerabilities: ["CVE-2025-1111"],
    affected: [{ ecosystem: "rpm:fedora:42" }],
  });
  expect(await parsed("bugfix")).toEqual([]);
});
