import type { UserDirectories } from "../../system/user-directories.ts";

/** Where IDEs keep what belongs to one version of them; one directory an IDE and version. */
export const IDE_DIRECTORIES: readonly UserDirectories<"jetbrains">[] = [
  {
    product: "jetbrains",
    linux: [".local/share/JetBrains/*", ".config/JetBrains/*"],
    darwin: ["Library/Application Support/JetBrains/*"],
    windows: ["AppData/Roaming/JetBrains/*"],
  },
];

/** IDEs by the beginning of their directories' names, with osquery's `product_type` (`rust_rov` included). */
const PRODUCTS: ReadonlyMap<string, string> = new Map([
  ["CLion", "clion"],
  ["DataGrip", "datagrip"],
  ["GoLand", "goland"],
  ["IntelliJIdea", "intellij_idea"],
  ["IdeaIC", "intellij_idea_community_edition"],
  ["PhpStorm", "phpstorm"],
  ["PyCharm", "pycharm"],
  ["PyCharmCE", "pycharm_community_edition"],
  ["ReSharper", "resharper"],
  ["Rider", "rider"],
  ["RubyMine", "rubymine"],
  ["RustRover", "rust_rov"],
  ["WebStorm", "webstorm"],
  // Unknown to osquery.
  ["DataSpell", "dataspell"],
]);

/**
 * The IDE of a directory `<name><version>`; null for any other. The version's first digit ends the name, so that `PyCharmCE2024.3`
 * is not a PyCharm, as it is by osquery's plain prefix.
 */
export function productOf(directory: string): string | null {
  const name = /^(\D+)\d/.exec(directory)?.[1] ?? "";
  return PRODUCTS.get(name) ?? null;
}
