import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { collectSnapPackages } from "./collect.ts";
import { assertionHeader, parseSnapState, parseSnapYaml } from "./parse.ts";

const SAMPLES = new URL("samples/", import.meta.url);
const sample = (name: string) => readFileSync(new URL(name, SAMPLES), "utf8");

describe("snapd's state", () => {
  test("names installed snaps with the revision in use, whichever form their sequence has", () => {
    expect(parseSnapState(sample("state.json"))).toEqual([
      { name: "core24", revision: "609", snap_id: "dwTAh7MZZ01zyriOZErqd1JynQLiOGvM" },
      { name: "example-app", revision: "4193", snap_id: "wy7i66qPx4neXr6m9rTh7Y40h8EhtZFi" },
      { name: "local-tool", revision: "x1", snap_id: "" },
    ]);
  });

  test("of any shape is read without a failure", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(Array.isArray(parseSnapState(JSON.stringify({ data: { snaps: value } })))).toBe(true);
        expect(parseSnapState(JSON.stringify(value)).length).toBe(0);
      }),
    );
  });
});

describe("a snap's metadata", () => {
  test("is its version and architecture, in every form that snapcraft writes", () => {
    expect(parseSnapYaml(sample("snap.yaml"))).toEqual({ version: "2.11.0", arch: "amd64" });
    expect(parseSnapYaml('name: a\nversion: "16-2.61"\narchitectures: [ arm64, armhf ]\n')).toEqual({
      version: "16-2.61",
      arch: "arm64",
    });
    expect(parseSnapYaml("version: 1.0 # today's\n")).toEqual({ version: "1.0", arch: "" });
    expect(parseSnapYaml("")).toEqual({ version: "", arch: "" });
  });

  test("a statement's headers end with its first empty line", () => {
    expect(assertionHeader(sample("account"), "username")).toBe("example-project");
    expect(assertionHeader("type: account\n\nusername: not-signed\n", "username")).toBe("");
  });
});

describe("collectSnapPackages", () => {
  function machine(): string {
    const root = mkdtempSync(join(tmpdir(), "muster-snap-"));
    const put = (path: string, text: string) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    };
    put("/var/lib/snapd/state.json", sample("state.json"));
    put("/snap/example-app/4193/meta/snap.yaml", sample("snap.yaml"));
    put("/snap/core24/609/meta/snap.yaml", "name: core24\nversion: 20241217\narchitectures:\n  - amd64\n");
    put("/snap/local-tool/x1/meta/snap.yaml", "name: local-tool\nversion: '1'\n");
    const assertions = "/var/lib/snapd/assertions/asserts-v0";
    put(`${assertions}/snap-declaration/16/wy7i66qPx4neXr6m9rTh7Y40h8EhtZFi/active`, "publisher-id: former\n");
    put(`${assertions}/snap-declaration/16/wy7i66qPx4neXr6m9rTh7Y40h8EhtZFi/active.4`, sample("snap-declaration"));
    cpSync(new URL("account", SAMPLES), join(root, assertions, "account/e7bGgQNgeDhrdTHxKgSJsFqGKsPPbnSW/active"));
    return root;
  }
  const context = (root: string) => ({ root, platform: "ubuntu", signal: new AbortController().signal });

  test("brings version, revision, publisher and architecture", async () => {
    const root = machine();
    const { entries } = await collectSnapPackages(context(root));
    expect(entries.map((e) => [e.name, e.version, e.release, e.vendor, e.arch, ...e.installed_paths])).toEqual([
      ["core24", "20241217", "609", "", "amd64", "/snap/core24/609"],
      ["example-app", "2.11.0", "4193", "example-project", "amd64", "/snap/example-app/4193"],
      ["local-tool", "1", "x1", "", "", "/snap/local-tool/x1"],
    ]);
    rmSync(root, { recursive: true });
  });

  test("a snap that is not mounted makes the source fail: without its version it would be other software", async () => {
    const root = machine();
    rmSync(join(root, "snap/core24"), { recursive: true });
    await expect(collectSnapPackages(context(root))).rejects.toMatchObject({ reason: "unreadable" });
    writeFileSync(join(root, "var/lib/snapd/state.json"), "{");
    await expect(collectSnapPackages(context(root))).rejects.toMatchObject({ reason: "malformed" });
    rmSync(root, { recursive: true });
  });

  test("a machine without snapd has none", async () => {
    expect((await collectSnapPackages(context("/nonexistent"))).entries).toEqual([]);
  });
});
