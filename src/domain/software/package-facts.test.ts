import { expect, test } from "vitest";
import { debFacts, rpmFacts } from "./package-facts.ts";

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
