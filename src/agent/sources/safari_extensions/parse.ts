import { emptySoftwareEntry, type SoftwareEntry } from "#domain/software/software.ts";
import { plistDictionary, plistText } from "../../formats/plist.ts";
import { isDictionary } from "../../formats/plist-value.ts";

/** What an application's plug-in must call itself to be one of Safari's. */
const SAFARI_POINTS = new Set([
  "com.apple.Safari.extension",
  "com.apple.Safari.web-extension",
  "com.apple.Safari.content-blocker",
]);

/** An extension of Safari, as the Info.plist of a plug-in inside an application describes it; null for a plug-in of anything else. */
export function parseSafariExtension(path: string, infoPlist: Uint8Array): SoftwareEntry | null {
  const info = plistDictionary(infoPlist);
  const extension = info["NSExtension"];
  const point = isDictionary(extension) ? plistText(extension, "NSExtensionPointIdentifier") : "";
  if (!SAFARI_POINTS.has(point)) return null;
  return {
    ...emptySoftwareEntry("safari_extensions"),
    name: plistText(info, "CFBundleDisplayName") || plistText(info, "CFBundleName"),
    version: plistText(info, "CFBundleShortVersionString") || plistText(info, "CFBundleVersion"),
    extension_for: "safari",
    installed_paths: [path],
  };
}
