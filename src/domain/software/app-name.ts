/** What a macOS application says of itself, as osquery's table `apps` names it; "" where it says nothing. */
export interface AppNames {
  /** `CFBundleDisplayName`. */
  display_name: string;
  /** `CFBundleName`. */
  bundle_name: string;
  /** `CFBundleExecutable`. */
  bundle_executable: string;
  /** Name of the folder, for example `Firefox.app`. */
  name: string;
}

/**
 * The name of a macOS application (reference osquery-remote.md §10). CHANGING THIS RENAMES SOFTWARE: a new derivation needs a new
 * version and re-keys existing rows (seed 002, "the rename problem"). `run.sh` is the executable of applications that are wrapped
 * scripts and names none of them.
 */
export function appName(app: AppNames): string {
  const executable = app.bundle_executable === "run.sh" ? "" : app.bundle_executable;
  return app.display_name || app.bundle_name || executable || app.name.replace(/\.app$/, "");
}
