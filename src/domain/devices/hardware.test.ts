import { expect, test } from "vitest";
import { canonicalUuid, cleanSerial, compareHardware, isTrivialHardwareId, uuidSpellings } from "./hardware.ts";

test.each([
  "",
  "   ",
  "-1",
  "00000000-0000-0000-0000-000000000000",
  "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
  "03000200-0400-0500-0006-000700080009",
  "To be filled by O.E.M.",
  "To Be Filled By O.E.M",
  "Not Specified",
  "Default string",
  "default STRING ",
  "System Serial Number",
  "None",
  "0123456789",
  "........",
])("%j says nothing about which machine it is", (value) => {
  expect(isTrivialHardwareId(value)).toBe(true);
  expect(cleanSerial(value)).toBe("");
});

test.each(["C02XL0GZJGH5", "4C4C4544-0042-3510-8054-B4C04F564433", "VMware-56 4d 8a", "PF1ABCDE", "5CD1234XYZ"])(
  "%j names a machine",
  (value) => {
    expect(isTrivialHardwareId(value)).toBe(false);
    expect(cleanSerial(` ${value} `)).toBe(value);
  },
);

test("a uuid has one canonical text in both byte orders and cases", () => {
  const uuid = "4C4C4544-0042-3510-8054-B4C04F564433";
  expect(uuidSpellings(uuid)).toEqual(["4c4c4544-0042-3510-8054-b4c04f564433", "44454c4c-4200-1035-8054-b4c04f564433"]);
  expect(canonicalUuid("44454c4c-4200-1035-8054-b4c04f564433")).toBe(canonicalUuid(uuid));
  expect(uuidSpellings(" Machine-Id ")).toEqual(["machine-id"]);
});

test("only ids that are known on both sides compare", () => {
  const known = { uuid: "4C4C4544-0042-3510-8054-B4C04F564433", hardware_serial: "PF1ABCDE" };
  expect(compareHardware(known, { uuid: known.uuid.toLowerCase(), hardware_serial: "pf1abcde " })).toEqual({
    equal: 2,
    different: 0,
  });
  expect(compareHardware(known, { uuid: "", hardware_serial: "PF2ABCDE" })).toEqual({ equal: 0, different: 1 });
  expect(compareHardware(known, { uuid: "", hardware_serial: "Default string" })).toEqual({ equal: 0, different: 0 });
  const filler = { uuid: "03000200-0400-0500-0006-000700080009", hardware_serial: "None" };
  expect(compareHardware(filler, filler)).toEqual({ equal: 0, different: 0 });
});
