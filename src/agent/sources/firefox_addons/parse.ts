import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { member, parseJson } from "../../system/json.ts";

/**
 * Reads a profile's `extensions.json`: every add-on, theme and language pack, disabled ones too, those that come with Firefox among
 * them, as osquery's table `firefox_addons` does. A file that Firefox is just writing, or one of another shape, holds none.
 */
export function parseFirefoxAddons(text: string, user: string): SoftwareEntry[] {
  const addons = member(parseJson(text), "addons");
  if (!Array.isArray(addons)) return [];
  return addons
    .filter((addon) => typeof addon === "object" && addon !== null)
    .map((addon: unknown) => {
      const path = plainText(member(addon, "path"));
      return {
        ...emptySoftwareEntry("firefox_addons"),
        name: plainText(member(addon, "defaultLocale", "name")),
        version: plainText(member(addon, "version")),
        extension_id: plainText(member(addon, "id")),
        extension_for: "firefox",
        installed_paths: path === "" ? [] : [path],
        installed_by: user,
      };
    });
}

/** As osquery turns values into text: numbers are written out. */
function plainText(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}
