import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { collectPortablePrograms } from "./collect.ts";
import { CLAIM_FILES, directoryClaim } from "./parse.ts";

const sample = (name: string) => readFileSync(new URL(`samples/${name}`, import.meta.url), "utf8");
const read = (file: string, text: string) => CLAIM_FILES.find((candidate) => candidate.file === file)?.read(text);

describe("what programs say of themselves", () => {
  test.each([
    ["product-info.json", { name: "IntelliJ IDEA", version: "2024.3.1", vendor: "JetBrains" }],
    ["application.ini", { name: "Firefox", version: "134.0.1", vendor: "Mozilla" }],
    ["release", { name: "", version: "21.0.5", vendor: "Eclipse Adoptium" }],
    [".eclipseproduct", { name: "Eclipse Platform", version: "4.34.0", vendor: "" }],
    ["VERSION", { name: "", version: "1.24.2", vendor: "" }],
  ])("%s", (file, claim) => {
    expect(read(file, sample(file))).toEqual(claim);
  });

  test("a file of that name that is something else says nothing", () => {
    expect(read("VERSION", "<html>1.2.3</html>")).toBeNull();
    expect(read("VERSION", "This is version one of the text.\n")).toBeNull();
    expect(read("release", "NAME=Debian\nVERSION=12\n")).toBeNull();
    expect(read("package.json", "[1]")).toBeNull();
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.constantFrom(...CLAIM_FILES), (text, { read: reader }) => {
        const claim = reader(text);
        expect(claim === null || claim.version.trim() === claim.version).toBe(true);
        expect(claim?.version).not.toBe("");
      }),
    );
  });

  test("a directory's name is taken apart as archives are named", () => {
    const names = ["jdk-21.0.2", "idea-IU-241.14494.240", "go", "node-v22.1.0-linux-x64", "7zip"];
    expect(names.map((name) => Object.values(directoryClaim(name)))).toEqual([
      ["jdk", "21.0.2"],
      ["idea-IU", "241.14494.240"],
      ["go", ""],
      ["node", "22.1.0-linux-x64"],
      ["7zip", ""],
    ]);
  });
});

describe("collectPortablePrograms", () => {
  let root: string;
  const put = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    chmodSync(join(root, path), mode);
  };
  const rows = async (roots: string[] = []) => {
    const context = { root, platform: "debian", signal: new AbortController().signal, roots };
    return (await collectPortablePrograms(context)).entries.map((e) => [e.name, e.version, e.vendor, e.installed_paths[0]]);
  };

  test("finds what belongs to no package, also in a vendor's directory and below roots", async () => {
    root = mkdtempSync(join(tmpdir(), "muster-opt-"));
    put("/opt/idea/product-info.json", sample("product-info.json"));
    put("/opt/tool-2.1/bin/tool", "", 0o755);
    put("/opt/data/notes.txt", "");
    put("/opt/vendor/app/VERSION", "1.0\n");
    put("/opt/google/chrome/chrome", "", 0o755);
    put("/opt/google/earth/earth", "", 0o755);
    put("/opt/packaged/bin/x", "", 0o755);
    put("/opt/arch/bin/x", "", 0o755);
    put("/opt/alpine/bin/x", "", 0o755);
    put("/srv/tools/jdk-21/release", sample("release"));
    put("/var/lib/dpkg/info/chrome.list", "/.\n/opt\n/opt/google\n/opt/google/chrome\n/opt/google/chrome/chrome\n");
    put("/var/lib/dpkg/info/packaged.list", "/.\n/opt\n/opt/packaged\n/opt/packaged/bin\n");
    put("/var/lib/pacman/local/arch-1-1/files", "%FILES%\nopt/\nopt/arch/\nopt/arch/bin/\n");
    put("/lib/apk/db/installed", "P:alpine\nV:1\nF:opt\nF:opt/alpine\nF:opt/alpine/bin\nR:x\n");
    const opt = [
      ["earth", "", "", "/opt/google/earth"],
      ["IntelliJ IDEA", "2024.3.1", "JetBrains", "/opt/idea"],
      ["tool", "2.1", "", "/opt/tool-2.1"],
      ["app", "1.0", "", "/opt/vendor/app"],
    ];
    expect(await rows()).toEqual(opt);
    expect(await rows(["/srv/tools"])).toEqual([...opt, ["jdk", "21.0.5", "Eclipse Adoptium", "/srv/tools/jdk-21"]]);
    rmSync(root, { recursive: true });
  });

  test("a machine without /opt has none", async () => {
    root = mkdtempSync(join(tmpdir(), "muster-opt-"));
    expect(await rows()).toEqual([]);
    rmSync(root, { recursive: true });
  });
});
