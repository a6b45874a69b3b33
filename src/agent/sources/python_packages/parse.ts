/** Name and version of an installed Python distribution. */
export interface PythonMetadata {
  name: string;
  version: string;
}

/**
 * Reads `Name` and `Version` from the header of a METADATA or PKG-INFO file (Python's core metadata, an RFC 822 header that
 * ends with the first empty line). Field names do not regard case; the first of a kind counts. null without a name.
 */
export function parsePythonMetadata(text: string): PythonMetadata | null {
  let name = "";
  let version = "";
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (line === "") break;
    const field = /^(name|version)[ \t]*:(.*)$/i.exec(line);
    if (field === null) continue;
    const value = (field[2] ?? "").trim();
    if (field[1]?.toLowerCase() === "name") name ||= value;
    else version ||= value;
    if (name !== "" && version !== "") break;
  }
  return name === "" ? null : { name, version };
}

/** The metadata file inside a directory of `site-packages`, null when the directory describes no distribution. */
export function metadataFile(directoryName: string): string | null {
  if (directoryName.endsWith(".dist-info")) return "METADATA";
  if (directoryName.endsWith(".egg-info")) return "PKG-INFO";
  return null;
}
