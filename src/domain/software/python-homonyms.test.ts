import { describe, expect, test } from "vitest";
import { namePythonPackages } from "./python-homonyms.ts";
import { emptySoftwareEntry } from "./software.ts";

function python(name: string) {
  return { ...emptySoftwareEntry("python_packages"), name, version: "1.0" };
}

describe("namePythonPackages", () => {
  test("gives the distribution's spelling and leaves out what a deb already stands for", () => {
    const rows = namePythonPackages("debian", [python("PyYAML"), python("requests")], new Set(["python3-pyyaml", "requests"]));
    expect(rows.map((row) => row.name)).toEqual(["python3-requests"]);
  });

  test("leaves other platforms alone", () => {
    const rows = [python("PyYAML")];
    expect(namePythonPackages("rhel", rows, new Set(["python3-pyyaml"]))).toEqual(rows);
  });

  test("a row without a name stays without one, so that hygiene drops it", () => {
    expect(namePythonPackages("ubuntu", [python("")], new Set()).map((row) => row.name)).toEqual([""]);
  });
});
