import { emptySoftwareEntry, type SoftwareEntry } from "#domain/software/software.ts";
import { plistDictionary, plistText } from "../../formats/plist.ts";

/**
 * A receipt that macOS's installer left of a package. The package's identifier is its name and what groups its versions: receipts
 * carry no other. Null for a file that names no package.
 */
export function parseReceipt(bytes: Uint8Array): SoftwareEntry | null {
  const receipt = plistDictionary(bytes);
  const identifier = plistText(receipt, "PackageIdentifier");
  if (identifier === "") return null;
  const prefix = plistText(receipt, "InstallPrefixPath");
  return {
    ...emptySoftwareEntry("package_receipts"),
    name: identifier,
    version: plistText(receipt, "PackageVersion"),
    bundle_identifier: identifier,
    installed_paths: [prefix.startsWith("/") ? prefix : `/${prefix}`],
  };
}
