import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { installedBy, userOfPath } from "./installed-by.ts";

describe("the user of a path", () => {
  it.each([
    ["/home/ada/.local/bin/x", "ada"],
    ["/var/home/ada/.local/bin/x", "ada"],
    ["/Users/ada/Applications/Notes.app", "ada"],
    ["C:\\Users\\ada\\AppData\\Local\\Programs\\x", "ada"],
    ["c:/users/Ada Lovelace/x", "Ada Lovelace"],
    ["/root/.local/share/pipx/x", "root"],
    ["/Users/Shared/x.app", ""],
    ["C:\\Users\\Public\\x", ""],
    ["/home/linuxbrew/.linuxbrew/Cellar/x", ""],
    ["/home/ada", ""],
    ["/usr/home/ada/x", ""],
    ["/opt/home/ada/x", ""],
    ["D:\\Data\\Users\\ada\\x", ""],
    ["", ""],
  ])("%s → %s", (path, user) => {
    expect(userOfPath(path)).toBe(user);
  });
});

describe("who installed software", () => {
  it("is what the device says, whatever the paths are", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.array(fc.string()), (reported, paths) => {
        expect(installedBy(reported, paths)).toBe(reported);
      }),
    );
  });

  it("is the one user in whose home all of it lies, else unknown", () => {
    expect(installedBy(null, ["/home/ada/a", "/home/ada/b"])).toBe("ada");
    expect(installedBy("", ["/home/ada/a", "/home/eve/b"])).toBe("");
    expect(installedBy("", ["/home/ada/a", "/usr/bin/a"])).toBe("");
    expect(installedBy(null, [])).toBe("");
    expect(installedBy(null, null)).toBe("");
  });
});
