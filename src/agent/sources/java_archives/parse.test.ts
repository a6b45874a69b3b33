import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeZip } from "#test/support/zip.ts";
import { bufferSource } from "../../formats/byte-source.ts";
import { readJavaArchive } from "../../formats/java-archive.ts";
import { archiveEntries, parseManifest, parsePomProperties } from "./parse.ts";

async function rows(bytes: Buffer, path = "/opt/x.jar"): Promise<string[][] | null> {
  const archives = await readJavaArchive(bufferSource(bytes), path);
  return archives?.flatMap(archiveEntries).map((row) => [row.name, row.version, row.installed_paths[0] ?? ""]) ?? null;
}
const sample = (name: string) => readFileSync(new URL(`samples/${name}`, import.meta.url));
const pom = (artifact: string, version: string) => ({
  name: `META-INF/maven/org.example/${artifact}/pom.properties`,
  bytes: `#\ngroupId=org.example\nartifactId=${artifact}\nversion=${version}\n`,
});

describe("real archives", () => {
  test("a jar is named by the coordinates Maven left, else by its file", async () => {
    expect(await rows(sample("slf4j-nop-2.0.13.jar"), "/opt/lib/slf4j-nop.jar")).toEqual([
      ["org.slf4j:slf4j-nop", "2.0.13", "/opt/lib/slf4j-nop.jar"],
    ]);
    expect(await rows(sample("javax.inject-1.jar"), "/opt/lib/javax.inject-1.jar")).toEqual([
      ["javax.inject", "1", "/opt/lib/javax.inject-1.jar"],
    ]);
  });

  test("jars inside a war are found", async () => {
    expect(await rows(sample("shop.war"), "/srv/shop.war")).toEqual([
      ["com.example:shop", "1.4.0", "/srv/shop.war"],
      ["javax.inject", "1", "/srv/shop.war!/WEB-INF/lib/javax.inject-1.jar"],
      ["org.slf4j:slf4j-nop", "2.0.13", "/srv/shop.war!/WEB-INF/lib/slf4j-nop-2.0.13.jar"],
    ]);
  });

  test("so are those inside of what stands behind a script, two levels deep", async () => {
    const found = await rows(sample("runner.jar"), "/opt/runner.jar");
    expect(found?.toSorted()).toEqual([
      ["com.example:shop", "1.4.0", "/opt/runner.jar!/BOOT-INF/lib/shop.war"],
      ["javax.inject", "1", "/opt/runner.jar!/BOOT-INF/lib/shop.war!/WEB-INF/lib/javax.inject-1.jar"],
      ["org.slf4j:slf4j-nop", "2.0.13", "/opt/runner.jar!/BOOT-INF/lib/shop.war!/WEB-INF/lib/slf4j-nop-2.0.13.jar"],
      ["org.slf4j:slf4j-nop", "2.0.13", "/opt/runner.jar!/BOOT-INF/lib/slf4j-nop-2.0.13.jar"],
      ["runner", "0.9", "/opt/runner.jar"],
    ]);
  });
});

describe("hostile archives", () => {
  test("nesting ends at the fourth level", async () => {
    let bytes: Buffer = makeZip([pom("innermost", "1")]);
    for (let level = 0; level < 10; level++) bytes = makeZip([{ name: `level-${level}.jar`, bytes }]);
    const found = await rows(bytes);
    expect(found?.map(([name]) => name)).toEqual(["x", "level", "level", "level"]);
  });

  test("an archive of zeros inside, and one without end, cost their contents only", async () => {
    const bomb = makeZip([
      pom("outer", "1.0"),
      { name: "lib/zeros-2.0.jar", bytes: Buffer.alloc(33 * 1024 * 1024) },
      { name: "lib/good.jar", bytes: makeZip([pom("good", "3.0")]) },
    ]);
    expect(bomb.length).toBeLessThan(100_000);
    expect(await rows(bomb)).toEqual([
      ["org.example:outer", "1.0", "/opt/x.jar"],
      ["zeros", "2.0", "/opt/x.jar!/lib/zeros-2.0.jar"],
      ["org.example:good", "3.0", "/opt/x.jar!/lib/good.jar"],
    ]);
    const lying = makeZip([{ name: "lib/liar-1.0.jar", bytes: Buffer.alloc(40 * 1024 * 1024) }]);
    // its directory claims 10 bytes
    const directory = lying.lastIndexOf("PK\u0001\u0002");
    lying.writeUInt32LE(10, directory + 24);
    expect(await rows(lying)).toEqual([
      ["x", "", "/opt/x.jar"],
      ["liar", "1.0", "/opt/x.jar!/lib/liar-1.0.jar"],
    ]);
  });

  test("what is no archive is none", async () => {
    expect([await rows(Buffer.alloc(0)), await rows(Buffer.from("PK\u0005\u0006")), await rows(Buffer.alloc(100))]).toEqual([
      null,
      null,
      null,
    ]);
  });

  test("damage anywhere never throws", async () => {
    const whole = sample("shop.war");
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.uint8Array({ minLength: 1, maxLength: 8 }), async (at, damage) => {
        const bytes = Buffer.from(whole);
        bytes.set(damage.slice(0, bytes.length - at), at);
        const found = await rows(bytes);
        expect(found === null || found.length > 0).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("a member that overlaps the end is cut off; one that is encrypted is not read", async () => {
    const bytes = makeZip([pom("a", "1")]);
    bytes.writeUInt16LE(1, bytes.lastIndexOf("PK\u0001\u0002") + 8);
    expect(await rows(bytes)).toEqual([["x", "", "/opt/x.jar"]]);
  });
});

describe("archiveEntries", () => {
  const named = (manifest: string, path = "/opt/lib/foo-bar-1.2.jar") =>
    archiveEntries({ path, poms: [], manifest }).map((row) => [row.name, row.version, row.facts?.origin]);

  test("an archive that others were merged into has a row for each", () => {
    const poms = ["groupId=a\nartifactId=b\nversion=1", "groupId: c\nartifactId : d\nversion=2\n", "artifactId=incomplete"];
    expect(archiveEntries({ path: "/x.jar", poms, manifest: null }).map((row) => `${row.name} ${row.version}`)).toEqual([
      "a:b 1",
      "c:d 2",
    ]);
  });

  test.each([
    ["Implementation-Vendor-Id: org.foo\nImplementation-Title: Foo\nImplementation-Version: 3", "org.foo:foo-bar", "3"],
    ["Bundle-SymbolicName: org.foo.bar;singleton:=true\nBundle-Version: 1.2.0.v2", "org.foo.bar", "1.2.0.v2"],
    ["Implementation-Title: foo\nImplementation-Version: 3\nBundle-Version: 4", "foo", "3"],
    ["Automatic-Module-Name: foo.bar", "foo.bar", "1.2"],
    ["", "foo-bar", "1.2"],
  ])("manifest %j names it %s %s", (manifest, name, version) => {
    expect(named(manifest)).toEqual([[name, version, undefined]]);
  });

  test("its maker is a fact", () => {
    expect(named("Implementation-Vendor: The Foo Project")).toEqual([["foo-bar", "1.2", "The Foo Project"]]);
  });
});

test("parseManifest joins continued lines and stops at the first section's end", () => {
  const text =
    "Manifest-Version: 1.0\r\nBundle-Vendor: The Apache\r\n  Software Foundation\r\n\r\nName: x/\r\nBundle-Vendor: no\r\n";
  expect(Object.fromEntries(parseManifest(text))).toEqual({
    "manifest-version": "1.0",
    "bundle-vendor": "The Apache Software Foundation",
  });
});

test("parsePomProperties needs group and artifact", () => {
  expect(parsePomProperties("groupId=g\nartifactId=a")).toEqual({ name: "g:a", version: "", origin: "" });
  expect([parsePomProperties(""), parsePomProperties("version=1\ngroupId=g")]).toEqual([null, null]);
});
