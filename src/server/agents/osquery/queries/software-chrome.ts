import type { OsqueryQuery } from "./query.ts";

/** ChromeOS's agent has a handful of tables, and no registry to ask which. */
export const SOFTWARE_CHROME: readonly OsqueryQuery[] = [
  {
    name: "muster_software_chrome_extensions_chromeos",
    platforms: ["chrome"],
    sql: "SELECT name, version, identifier, browser_type FROM chrome_extensions",
  },
];
