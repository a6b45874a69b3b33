import fc from "fast-check";
import { PackageURL } from "packageurl-js";
import { expect, test } from "vitest";
import { purlOf, type PurlSubject } from "./purl.ts";
import { emptySoftwareEntry, type SoftwareEntry } from "./software.ts";
import { SOURCES } from "./sources.ts";

function subject(fields: Partial<SoftwareEntry>, more: Partial<PurlSubject> = {}): PurlSubject {
  return { software: { ...emptySoftwareEntry(fields.source ?? "apps"), ...fields }, facts: null, distribution: null, ...more };
}

function text(given: PurlSubject): string | null {
  const parts = purlOf(given);
  if (parts === null) return null;
  const { type, namespace, name, version, qualifiers } = parts;
  return new PackageURL(type, namespace || undefined, name, version || undefined, { ...qualifiers }, undefined).toString();
}

const DEBIAN = { platform: "debian", version: "12.5" };
const UBUNTU = { platform: "ubuntu", version: "22.04.3 LTS" };

test.each<[Partial<SoftwareEntry>, Partial<PurlSubject>, string]>([
  [
    { source: "deb_packages", name: "curl", version: "7.88.1-10+deb12u5", arch: "amd64" },
    { distribution: DEBIAN },
    "pkg:deb/debian/curl@7.88.1-10+deb12u5?arch=amd64&distro=debian-12",
  ],
  [
    { source: "deb_packages", name: "bash", version: "5.1" },
    { distribution: UBUNTU },
    "pkg:deb/ubuntu/bash@5.1?distro=ubuntu-22.04",
  ],
  [
    { source: "rpm_packages", name: "curl", version: "7.76.1", release: "26.el9", arch: "x86_64" },
    { distribution: { platform: "rhel", version: "9.3.0" }, facts: { epoch: "1" } },
    "pkg:rpm/redhat/curl@7.76.1-26.el9?arch=x86_64&distro=rhel-9.3.0&epoch=1",
  ],
  [{ source: "apk_packages", name: "musl", version: "1.2.4-r2" }, {}, "pkg:apk/alpine/musl@1.2.4-r2"],
  [
    { source: "pacman_packages", name: "pacman", version: "6.0.1-1", arch: "x86_64" },
    {},
    "pkg:alpm/arch/pacman@6.0.1-1?arch=x86_64",
  ],
  [{ source: "python_packages", name: "Django_Thing", version: "4.2" }, {}, "pkg:pypi/django-thing@4.2"],
  [{ source: "npm_packages", name: "@babel/core", version: "7.1.0" }, {}, "pkg:npm/%40babel/core@7.1.0"],
  [
    { source: "go_binaries", name: "kubectl", version: "" },
    { facts: { source_package: "k8s.io/kubectl", source_version: "v0.29.1" } },
    "pkg:golang/k8s.io/kubectl@v0.29.1",
  ],
  [
    { source: "go_binaries", name: "tool", version: "(devel)" },
    { facts: { source_package: "example.com/Group/tool" } },
    "pkg:golang/example.com/group/tool",
  ],
  [
    { source: "go_binaries", name: "golang.org/x/net", version: "v0.17.0" },
    { facts: { source_package: "golang.org/x/net", source_version: "v0.17.0" } },
    "pkg:golang/golang.org/x/net@v0.17.0",
  ],
  [
    { source: "rust_binaries", name: "rg", version: "14.1.0" },
    { facts: { source_package: "ripgrep" } },
    "pkg:cargo/ripgrep@14.1.0",
  ],
  [{ source: "java_archives", name: "org.slf4j:slf4j-api", version: "2.0.9" }, {}, "pkg:maven/org.slf4j/slf4j-api@2.0.9"],
  [{ source: "homebrew_packages", name: "PostgreSQL@12", version: "12.17" }, {}, "pkg:brew/postgresql%4012@12.17"],
  [
    { source: "vscode_extensions", name: "ms-python.python", vendor: "ms-python", version: "2023.25" },
    {},
    "pkg:vscode-extension/ms-python/python@2023.25",
  ],
  [
    { source: "vscode_extensions", name: "ms-python.python", vendor: "Microsoft", version: "2023.25" },
    {},
    "pkg:vscode-extension/ms-python/python@2023.25",
  ],
  [
    { source: "vscode_extensions", name: "Python", vendor: "ms-python", version: "2023.25" },
    {},
    "pkg:vscode-extension/ms-python/python@2023.25",
  ],
  [{ source: "vscode_extensions", name: "python", vendor: "Some Person", version: "1" }, {}, "pkg:generic/python@1"],
  [{ source: "vscode_extensions", name: "golang.go", version: "0.39.1" }, {}, "pkg:vscode-extension/golang/go@0.39.1"],
  [
    { source: "chrome_extensions", name: "Dark Reader", extension_id: "hlepfoohegkhhmjieoechaddaejaokhf", version: "25.7.1" },
    {},
    "pkg:chrome-extension/hlepfoohegkhhmjieoechaddaejaokhf@25.7.1",
  ],
  [
    { source: "apps", name: "Safari", version: "17", bundle_identifier: "com.apple.Safari" },
    {},
    "pkg:generic/Safari@17?bundle_identifier=com.apple.Safari",
  ],
])("%j", (fields, more, expected) => {
  expect(text(subject(fields, more))).toBe(expected);
});

test("any name and version of any source give a package URL that reads back as it was, or none without a name", () => {
  const word = fc.string({ unit: "grapheme-ascii", minLength: 0, maxLength: 12 }).map((one) => one.trim());
  fc.assert(
    fc.property(fc.constantFrom(...SOURCES.map((s) => s.source)), word, word, (source, name, version) => {
      const given = subject({ source, name, version }, { distribution: DEBIAN });
      const written = purlOf(given) === null ? null : text(given);
      const readBack = written === null ? null : PackageURL.fromString(written).toString();
      expect([written === null, readBack]).toEqual([name === "", written]);
    }),
  );
});
