import { DETAIL_QUERIES } from "./detail.ts";
import type { OsqueryQuery } from "./query.ts";
import { SOFTWARE_CHROME } from "./software-chrome.ts";
import { SOFTWARE_DARWIN } from "./software-darwin.ts";
import { SOFTWARE_EVERYWHERE } from "./software-everywhere.ts";
import { SOFTWARE_LINUX } from "./software-linux.ts";
import { SOFTWARE_WINDOWS } from "./software-windows.ts";

/** Every statement that Muster ever hands to osquery. */
export const ALL_QUERIES: readonly OsqueryQuery[] = [
  ...DETAIL_QUERIES,
  ...SOFTWARE_EVERYWHERE,
  ...SOFTWARE_DARWIN,
  ...SOFTWARE_WINDOWS,
  ...SOFTWARE_LINUX,
  ...SOFTWARE_CHROME,
];
