import type { UserDirectories } from "../../system/user-directories.ts";

/**
 * IDEs by osquery's `product_type` (`rust_rov` included), with the beginning of their directories' names. A version follows, so that
 * `PyCharm2024.3` is not mistaken for PyCharm CE's `PyCharmCE2024.3` as it is by a plain prefix.
 */
const NAMES: readonly (readonly [product: string, directory: string])[] = [
  ["clion", "CLion"],
  ["datagrip", "DataGrip"],
  ["goland", "GoLand"],
  ["intellij_idea", "IntelliJIdea"],
  ["intellij_idea_community_edition", "IdeaIC"],
  ["phpstorm", "PhpStorm"],
  ["pycharm", "PyCharm"],
  ["pycharm_community_edition", "PyCharmCE"],
  ["resharper", "ReSharper"],
  ["rider", "Rider"],
  ["rubymine", "RubyMine"],
  ["rust_rov", "RustRover"],
  ["webstorm", "WebStorm"],
  // Unknown to osquery.
  ["dataspell", "DataSpell"],
];
const DIGITS = ["2*", "1*"];

/** On Linux an IDE's directory holds the plugins themselves; elsewhere, and in some setups there too, they are in `plugins`. */
export const PRODUCTS: readonly UserDirectories<string>[] = NAMES.map(([product, name]) => ({
  product,
  linux: DIGITS.flatMap((digit) => [
    `.local/share/JetBrains/${name}${digit}`,
    `.local/share/JetBrains/${name}${digit}/plugins`,
    `.config/JetBrains/${name}${digit}/plugins`,
  ]),
  darwin: DIGITS.map((digit) => `Library/Application Support/JetBrains/${name}${digit}/plugins`),
  windows: DIGITS.map((digit) => `AppData/Roaming/JetBrains/${name}${digit}/plugins`),
}));
