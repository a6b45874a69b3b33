import { SemVer } from "semver";
import type { VersionOrder } from "../scheme.ts";
import { VERSION_CHARACTERS_MAX } from "../sort-key.ts";

/** `v` and `go` are how Go's modules and toolchain begin; only the numbers may be fewer than three or have leading zeros. */
const TEXT = /^(?:v|=|go)?\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?(-[\dA-Za-z.-]+)?(\+[\dA-Za-z.-]+)?$/i;
/** `go1.21rc2`, as Go's toolchain names itself: semver's `1.21.0-rc.2`. */
const GO_TOOLCHAIN = /^(?:go)?(\d+\.\d+(?:\.\d+)?)(beta|rc)(\d+)$/;

/**
 * Precedence by Semantic Versioning 2.0.0, for npm, Go, crates.io, Hex, Pub and VS Code: a prerelease comes before its release, build
 * metadata is left out. Not npm's rule for ranges, which hides prereleases. What feeds and inventories write is brought into form:
 * a leading `v`, one or two numbers instead of three, leading zeros. Four numbers are no semantic version.
 */
export const semverOrder: VersionOrder<SemVer> = { parse, compare: (a, b) => a.compare(b) };

function parse(version: string): SemVer | null {
  const text = version.trim();
  if (text.length > VERSION_CHARACTERS_MAX) return null;
  const [matched, major = "", minor = "0", patch = "0", prerelease = ""] = TEXT.exec(toolchainAsSemver(text)) ?? [];
  if (matched === undefined) return null;
  const numbers = [major, minor, patch].map(withoutLeadingZeros).join(".");
  try {
    return new SemVer(numbers + prerelease.split(".").map(identifier).join("."));
  } catch {
    // a number beyond what the library holds, or an empty identifier
    return null;
  }
}

function toolchainAsSemver(text: string): string {
  const [matched, numbers = "", word = "", number = ""] = GO_TOOLCHAIN.exec(text) ?? [];
  if (matched === undefined) return text;
  return `${numbers}${numbers.split(".").length === 2 ? ".0" : ""}-${word}.${number}`;
}

/** A number of the prerelease must not have leading zeros either; the first one stands behind the hyphen. */
function identifier(text: string): string {
  return text.replace(/^(-?)0+(?=\d+$)/, "$1");
}

function withoutLeadingZeros(digits: string): string {
  return digits.replace(/^0+(?=\d)/, "");
}
