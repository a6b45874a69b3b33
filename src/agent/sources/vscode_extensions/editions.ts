import type { UserDirectories } from "../../system/user-directories.ts";

/** Editors of the family by osquery's `vscode_edition`, with the directories of their extensions: alike on every platform. */
function everywhere(product: string, directories: string[], linux: string[] = []): UserDirectories<string> {
  const paths = directories.map((directory) => `${directory}/extensions`);
  return { product, darwin: paths, windows: paths, linux: [...paths, ...linux] };
}

/** A directory that ends with `-server` is of an editor on another machine that works here. */
export const EDITIONS: readonly UserDirectories<string>[] = [
  everywhere("vscode", [".vscode", ".vscode-server"], [".var/app/com.visualstudio.code/data/vscode/extensions"]),
  everywhere("vscode_insiders", [".vscode-insiders", ".vscode-server-insiders"]),
  everywhere("vscodium", [".vscode-oss", ".vscodium-server"], [".var/app/com.vscodium.codium/data/codium/extensions"]),
  everywhere("vscodium_insiders", [".vscodium-insiders", ".vscode-oss-insiders", ".vscodium-server-insiders"]),
  everywhere("cursor", [".cursor", ".cursor-server"]),
  everywhere("windsurf", [".windsurf", ".windsurf-server"]),
  everywhere("trae", [".trae", ".trae-server"]),
];
