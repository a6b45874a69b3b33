import { expect, test } from "vitest";
import { debFacts, markDistributionLibraries, rpmFacts, tellEpochs } from "./package-facts.ts";
import { emptySoftwareEntry, type SoftwareEntry, type SoftwareFacts } from "./software.ts";

test("a deb names its source package where it differs, with the version where that differs too", () => {
  const deb = { name: "libc6", version: "2.36-9", source: "", origin: "" };
  expect(debFacts(deb)).toEqual({ source_package: "libc6", source_version: "2.36-9" });
  expect(debFacts({ ...deb, source: "glibc", origin: "Debian" })).toEqual({
    source_package: "glibc",
    source_version: "2.36-9",
    origin: "Debian",
  });
  expect(debFacts({ ...deb, name: "gcc", version: "4:12.2.0-3", source: "gcc-defaults (1.203)" })).toEqual({
    source_package: "gcc-defaults",
    source_version: "1.203",
    epoch: "4",
  });
});

test("an rpm names its source rpm; epoch 0 is none", () => {
  expect(rpmFacts({ source_rpm: "bash-5.1.8-6.el9_1.src.rpm", epoch: "0" })).toEqual({
    source_package: "bash",
    source_version: "5.1.8-6.el9_1",
  });
  expect(rpmFacts({ source_rpm: "x-y-z-1-2.nosrc.rpm", epoch: "32" })).toEqual({
    source_package: "x-y-z",
    source_version: "1-2",
    epoch: "32",
  });
  expect(rpmFacts({ source_rpm: "", epoch: "" })).toBeNull();
});

function entry(name: string, paths: string[], facts: SoftwareFacts | null = null): SoftwareEntry {
  return { ...emptySoftwareEntry("python_packages"), name, version: "1.0", installed_paths: paths, facts };
}

/** Names of the entries that are marked as the distribution's. */
function marked(platform: string, ...entries: SoftwareEntry[]): string[] {
  return markDistributionLibraries(platform, entries)
    .filter(({ facts }) => facts?.origin === "distribution")
    .map(({ name }) => name);
}

test("epoch 0 is told where a report tells epochs, and only there", () => {
  const bash = entry("bash", [], { source_package: "bash" });
  const keys = entry("gpg-pubkey", []);
  expect(tellEpochs([bash, keys]).map(({ facts }) => facts)).toEqual([{ source_package: "bash" }, null]);
  expect(tellEpochs([bash, keys, entry("openssl", [], { epoch: "1" })]).map(({ facts }) => facts)).toEqual([
    { source_package: "bash", epoch: "0" },
    { epoch: "0" },
    { epoch: "1" },
  ]);
  // what a broken reader took for an epoch
  expect(tellEpochs([bash, entry("gpg-pubkey", [], { epoch: "1398866025" })])[0]?.facts?.epoch).toBeUndefined();
});

test("a library in a directory of the package manager is the distribution's", () => {
  const debian = entry("requests", ["/usr/lib/python3/dist-packages/requests-2.28.1.egg-info"]);
  const red = entry("six", ["/usr/lib/python3.9/site-packages/six-1.15.0.dist-info"]);
  const red64 = entry("lxml", ["/usr/lib64/python3.9/site-packages/lxml-4.6.5.dist-info"]);
  const own = entry("flask", ["/usr/local/lib/python3.11/dist-packages/flask-2.0.dist-info"]);
  const node = entry("ms", ["/usr/share/nodejs/ms/package.json"]);
  const global = entry("pm2", ["/usr/lib/node_modules/pm2/package.json"]);
  expect(marked("debian", debian, red, own, node, global)).toEqual(["requests", "ms"]);
  expect(marked("rhel", red, red64, own, global)).toEqual(["six", "lxml"]);
  expect(marked("darwin", debian, red)).toEqual([]);
});

test("a library that also lies elsewhere in that version is the ecosystem's too, and what was marked is marked again", () => {
  const owned = entry("six", ["/usr/lib/python3/dist-packages/six-1.0.egg-info"], { epoch: "" });
  const venv = entry("six", ["/srv/app/lib/python3.11/site-packages/six-1.0.dist-info"]);
  expect(marked("ubuntu", owned, venv)).toEqual([]);
  const once = markDistributionLibraries("ubuntu", [owned]);
  expect(markDistributionLibraries("ubuntu", once)).toEqual(once);
  expect(owned.facts).toEqual({ epoch: "" });
});
