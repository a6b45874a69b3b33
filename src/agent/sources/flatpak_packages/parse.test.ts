import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { flatpakEntry, isFlatpakPart, parseFlatpakDeploy, parseInstallations } from "./parse.ts";

const sample = (name: string) => readFileSync(new URL(`samples/${name}`, import.meta.url));
const REF = { kind: "app", id: "org.example.Editor", arch: "x86_64", branch: "stable" } as const;

describe("parseFlatpakDeploy", () => {
  test("reads origin, name and version that flatpak recorded", () => {
    expect(parseFlatpakDeploy(sample("deploy"))).toEqual({ origin: "loc", name: "Example Editor", version: "4.2.1" });
  });

  test("an application without metadata of its own has an origin only", () => {
    expect(parseFlatpakDeploy(sample("deploy-unnamed"))).toEqual({ origin: "loc", name: "", version: "" });
  });

  test("what is cut off or changed anywhere is read without a failure", () => {
    const whole = sample("deploy");
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(whole.length - 1), fc.nat(255), (length, at, byte) => {
        const changed = Buffer.from(whole.subarray(0, length));
        if (at < length) changed[at] = byte;
        const deploy = parseFlatpakDeploy(changed);
        expect(deploy === null || deploy.origin !== "").toBe(true);
      }),
    );
    expect(parseFlatpakDeploy(Buffer.alloc(0))).toBeNull();
    expect(parseFlatpakDeploy(Buffer.from("\0"))).toBeNull();
  });
});

test("an application is named as flatpak list names it", () => {
  const named = flatpakEntry(REF, { origin: "loc", name: "Example Editor", version: "4.2.1" }, "/p", "ada");
  expect(named).toMatchObject({
    name: "Example Editor",
    version: "4.2.1",
    release: "stable",
    arch: "x86_64",
    application_id: "org.example.Editor",
    installed_by: "ada",
    facts: { origin: "loc" },
  });
  expect(flatpakEntry(REF, { origin: "loc", name: "", version: "" }, "/p", "").name).toBe("Editor");
});

test("parts of others are none by themselves", () => {
  const ids = ["org.a.App.Locale", "org.a.App.Debug", "org.a.Sdk.Sources", "org.a.Locale.App", "org.a.App"];
  expect(ids.map(isFlatpakPart)).toEqual([true, true, true, false, false]);
});

test("further installations have paths of their own", () => {
  expect(
    parseInstallations('[Installation "extra"]\nPath=/srv/flatpak/\nDisplayName=Extra\n Path = /other\nPath=relative\n'),
  ).toEqual(["/srv/flatpak", "/other"]);
});
