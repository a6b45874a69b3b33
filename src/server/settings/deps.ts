import type { Database } from "../database/tables.ts";
import type { SignalPublisher } from "../devices/deps.ts";

/** What the settings component works with. */
export interface SettingsDeps {
  db: Database;
  signals: SignalPublisher;
}
