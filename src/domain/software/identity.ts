import type { SoftwareIdentity } from "./software.ts";

/**
 * The canonical key of a software identity: equal keys mean equal identity, and the reverse. It is the only definition of
 * identity: the stored checksum is a cut of SHA-256 over this string, and comparison in memory uses the string itself.
 *
 * The rule (seed 002): name, version, source and bundle_identifier always; release, vendor and arch together if any of them is
 * set; extension_id and extension_for together if either is set; application_id and upgrade_code each if set. Groups that are
 * absent leave no trace, so adding a new group later keeps existing keys. JSON makes the concatenation unambiguous whatever
 * characters a device sends.
 *
 * @example identityKey({ name: "bash", version: "5.2", source: "deb_packages", … }) // '["bash","5.2","deb_packages",""]'
 */
export function identityKey(s: SoftwareIdentity): string {
  const key: (string | string[])[] = [s.name, s.version, s.source, s.bundle_identifier];
  if (s.release || s.vendor || s.arch) key.push(["package", s.release, s.vendor, s.arch]);
  if (s.extension_id || s.extension_for) key.push(["extension", s.extension_id, s.extension_for]);
  if (s.application_id) key.push(["application", s.application_id]);
  if (s.upgrade_code) key.push(["upgrade", s.upgrade_code]);
  return JSON.stringify(key);
}
