import { cleanSerial } from "#domain/devices/hardware.ts";
import { plistDictionary, plistText } from "../formats/plist.ts";
import { saneUuid } from "./hardware.ts";

/** What macOS's own files and programs say of it. Pure: texts in, facts out. */

/** `/System/Library/CoreServices/SystemVersion.plist`, in the words of osquery's `os_version`. */
export function parseSystemVersion(bytes: Uint8Array): { name: string; version: string; build: string } {
  const version = plistDictionary(bytes);
  // the letter of a rapid security response, `(c)`, stands beside the release that it mends
  const release = [plistText(version, "ProductVersion"), plistText(version, "ProductVersionExtra").trim()];
  return {
    // "Mac OS X" before 11; osquery says macOS for all
    name: "macOS",
    version: release.filter((part) => part !== "").join(" "),
    build: plistText(version, "ProductBuildVersion"),
  };
}

/** The lines `name: value` that `sysctl` prints. */
export function parseSysctl(text: string): Map<string, string> {
  const pairs = text.split("\n").map((line) => /^([\w.]+): (.*)$/.exec(line));
  return new Map(pairs.filter((match) => match !== null).map(([, name = "", value = ""]) => [name, value.trim()]));
}

/** What `ioreg -rd1 -c IOPlatformExpertDevice` says: the hardware's uuid and serial number. */
export function parsePlatformExpert(text: string): { uuid: string; hardware_serial: string; hardware_model: string } {
  const value = (name: string) => new RegExp(`"${name}" = <?"([^"]*)"`).exec(text)?.[1] ?? "";
  return {
    uuid: saneUuid(value("IOPlatformUUID")),
    hardware_serial: cleanSerial(value("IOPlatformSerialNumber")),
    hardware_model: value("model"),
  };
}
