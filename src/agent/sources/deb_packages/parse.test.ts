import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { debEntry, isDebInstalled, mergeDebStanzas, parseDebStanzas } from "./parse.ts";

const SAMPLE = readFileSync(new URL("samples/status", import.meta.url), "utf8");

function stanza(name: string, architecture?: string) {
  const found = parseDebStanzas(SAMPLE).find((s) => s.package === name && (architecture ?? s.architecture) === s.architecture);
  if (found === undefined) throw new Error(`no stanza ${name}`);
  return found;
}

describe("parseDebStanzas", () => {
  test("reads every stanza, and no field out of descriptions", () => {
    expect(parseDebStanzas(SAMPLE).map((s) => `${s.package}:${s.architecture}`)).toEqual([
      "adduser:all",
      "bash:amd64",
      "libc6:amd64",
      "login:amd64",
      "apt:amd64",
      "libc6:i386",
      "kept:all",
      "gone:amd64",
      "half:amd64",
      "wanted:amd64",
      "lowercase-fields:all",
    ]);
  });

  test("counts what is complete as installed, whatever is wanted of it", () => {
    const installed = parseDebStanzas(SAMPLE).filter(isDebInstalled);
    expect(installed.map((s) => s.package)).toEqual([
      "adduser",
      "bash",
      "libc6",
      "login",
      "apt",
      "libc6",
      "kept",
      "lowercase-fields",
    ]);
  });

  test("ends stanzas at lines of white space, and reads a last one without a line feed", () => {
    const text = "Package: a\nVersion: 1\n \t\nPackage: b\r\nVersion: 2\r\n\r\nVersion: 3\n\nPackage: c\nVersion: 4";
    expect(parseDebStanzas(text).map((s) => [s.package, s.version])).toEqual([
      ["a", "1"],
      ["b", "2"],
      ["c", "4"],
    ]);
  });

  test("an empty file holds nothing", () => {
    expect(parseDebStanzas("")).toEqual([]);
  });
});

describe("debEntry", () => {
  test("identifies a package by name and version, whatever its architecture", () => {
    const { facts: _facts, ...amd64 } = debEntry(stanza("libc6", "amd64"));
    expect(debEntry(stanza("libc6", "i386"))).toMatchObject(amd64);
    expect(amd64).toMatchObject({ name: "libc6", version: "2.36-9+deb12u14", source: "deb_packages", arch: "", vendor: "" });
  });

  test("names the source package with its own version", () => {
    expect(debEntry(stanza("bash")).facts).toMatchObject({ source_package: "bash", source_version: "5.2.15-2" });
  });

  test("names the source package with the binary's version when the field gives none", () => {
    expect(debEntry(stanza("libc6", "amd64")).facts).toMatchObject({
      source_package: "glibc",
      source_version: "2.36-9+deb12u14",
    });
  });

  test("a package without the field is its own source", () => {
    expect(debEntry(stanza("adduser")).facts).toEqual({
      source_package: "adduser",
      source_version: "3.134",
      origin: "Debian Adduser Developers <adduser@packages.debian.org>",
    });
  });

  test("splits off the epoch and prefers Origin to Maintainer", () => {
    expect(debEntry(stanza("login")).facts).toMatchObject({ source_package: "shadow", epoch: "1" });
    expect(debEntry(stanza("kept")).facts).toEqual({
      source_package: "kept",
      source_version: "1.0~rc1-1",
      origin: "Example Repository",
    });
  });
});

describe("mergeDebStanzas", () => {
  test("lays the journal over the database, package by package and architecture", () => {
    const journal = parseDebStanzas(
      "Package: libc6\nArchitecture: i386\nStatus: deinstall ok config-files\nVersion: 2.36-9+deb12u14\n",
    );
    const merged = mergeDebStanzas([parseDebStanzas(SAMPLE), journal]).filter(isDebInstalled);
    expect(merged.filter((s) => s.package === "libc6").map((s) => s.architecture)).toEqual(["amd64"]);
  });
});
