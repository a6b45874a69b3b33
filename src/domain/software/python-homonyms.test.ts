import { describe, expect, test } from "vitest";
import { namePythonPackages, packagedPythonName } from "./python-homonyms.ts";
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

test.each([
  ["requests", "requests"],
  ["python3-requests", "requests"],
  ["python3-saml", "python3-saml"],
  ["python3-python3-saml", "python3-saml"],
])("%s is %s to PyPI", (name, package_) => {
  expect(packagedPythonName(name)).toBe(package_);
});

test("every name that a package is given leads back to it", () => {
  const names = ["requests", "PyYAML", "python3-openid", "python-dateutil"];
  const given = namePythonPackages("ubuntu", names.map(python), new Set());
  expect(given.map((row) => packagedPythonName(row.name))).toEqual(names.map((name) => name.toLowerCase()));
});
