/** One vulnerability of one source package, as the tracker's `data/json` tells it. Fields that nothing reads are left out. */
interface TrackerEntry {
  description?: string;
  /** Absent for a package that no supported suite has. */
  releases?: Record<string, TrackerRelease>;
}

export interface TrackerRelease {
  status: "resolved" | "open" | "undetermined";
  /** `0`: never affected. */
  fixed_version?: string;
  /** `not yet assigned`, `unimportant`, `end-of-life`, `low`, `medium**`, …. */
  urgency?: string;
  /** There will be no advisory of its own, and why. */
  nodsa?: string;
  /** "" (a minor issue), `ignored`, `postponed`. */
  nodsa_reason?: string;
}

/** @throws {Error} naming the field that is not as the tracker writes it */
export function trackerEntry(value: unknown): TrackerEntry {
  if (!isObject(value)) throw new Error("it is no object");
  // a package without releases has an empty list there
  const releases = Array.isArray(value["releases"]) ? {} : (value["releases"] ?? {});
  if (!isObject(releases)) throw new Error("releases is no object");
  for (const [suite, release] of Object.entries(releases)) {
    if (!isObject(release)) throw new Error(`releases.${suite} is no object`);
    const { status, fixed_version: fixed } = release;
    if (status !== "resolved" && status !== "open" && status !== "undetermined") {
      throw new Error(`releases.${suite}.status is neither resolved, open nor undetermined`);
    }
    if (fixed !== undefined && (typeof fixed !== "string" || fixed === ""))
      throw new Error(`releases.${suite}.fixed_version is no version`);
  }
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
