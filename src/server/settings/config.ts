import type { EndpointInput, EndpointResult } from "#protocol/endpoint.ts";
import type { getConfig, updateConfig as endpoint } from "#protocol/rest/settings.ts";
import { recordActivity } from "../activity/record-activity.ts";
import type { Database } from "../database/tables.ts";
import type { Caller } from "../http/route.ts";
import { settingRead, settingWrite } from "../database/setting-store.ts";

const HOST_EXPIRY = "host_expiry_settings";

export interface HostExpirySettings {
  host_expiry_enabled: boolean;
  /** Days. */
  host_expiry_window: number;
}

/** Off, as in Fleet: nobody loses a device's record without having asked for it. */
const DEFAULT: HostExpirySettings = { host_expiry_enabled: false, host_expiry_window: 30 };

export async function hostExpirySettings(db: Database): Promise<HostExpirySettings> {
  return { ...DEFAULT, ...((await settingRead(db, HOST_EXPIRY)) as Partial<HostExpirySettings> | undefined) };
}

export async function readConfig({ db }: { db: Database }): Promise<EndpointResult<typeof getConfig>> {
  return { host_expiry_settings: await hostExpirySettings(db) };
}

/** Changes what is given and leaves the rest. */
export async function updateConfig(
  deps: { db: Database },
  body: EndpointInput<typeof endpoint>["body"],
  caller: Caller | null,
): Promise<EndpointResult<typeof endpoint>> {
  const given = body.host_expiry_settings;
  if (given !== undefined) {
    await deps.db.transaction().execute(async (tx) => {
      const settings = { ...(await hostExpirySettings(tx)), ...given };
      await settingWrite(tx, HOST_EXPIRY, settings);
      await recordActivity(tx, { type: "edited_host_expiry_settings", actor: caller, details: { ...settings } });
    });
  }
  return readConfig(deps);
}
