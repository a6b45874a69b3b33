/** Homes that are nobody's: shared folders, templates, and the place of Homebrew on Linux. */
const NOBODY = new Set(["shared", "public", "default", "default user", "all users", "linuxbrew", "guest"]);

/** `/home/ada/…`, `/var/home/ada/…`, `/Users/ada/…`, `C:\Users\ada\…`, `C:/Users/ada/…`. */
const HOME = /^(?:(?:\/var)?\/home\/|\/Users\/|[A-Za-z]:[\\/]Users[\\/])([^\\/]+)[\\/]./i;

/**
 * The user in whose home a path lies, "" when it lies in no user's home.
 *
 * @example userOfPath("/Users/ada/Applications/Notes.app") === "ada"
 */
export function userOfPath(path: string): string {
  if (path.startsWith("/root/")) return "root";
  const user = HOME.exec(path)?.[1] ?? "";
  return NOBODY.has(user.toLowerCase()) ? "" : user;
}

/**
 * Who installed software: what the device reported, else the user in whose home all of it lies, as only they (or what ran for them)
 * write there. "" is unknown: it lies outside of homes, in several users' homes, or nowhere that was told.
 */
export function installedBy(reported: string | null, paths: readonly string[] | null): string {
  if (reported !== null && reported !== "") return reported;
  const users = new Set((paths ?? []).map(userOfPath));
  const [user] = users;
  return users.size === 1 && user !== undefined ? user : "";
}
