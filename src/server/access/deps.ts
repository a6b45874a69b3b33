import type { Database } from "../database/tables.ts";
import type { SessionCookie } from "../http/session-cookie.ts";
import type { Log } from "../observe/log.ts";
import type { Passwords } from "./passwords.ts";

/** What the access component works with. Sessions and users are always read from the primary: a revoked token ends at once. */
export interface AccessDeps {
  db: Database;
  now: () => Date;
  log: Log;
  passwords: Passwords;
  cookie: SessionCookie;
  /** The devices of this server are simulated. */
  demonstration?: boolean;
}
