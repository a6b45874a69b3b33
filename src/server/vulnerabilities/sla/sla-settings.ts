import { SLA_DEFAULTS, type SlaSettings } from "#domain/vulnerability/judgement/sla.ts";
import { recordActivity } from "../../activity/record-activity.ts";
import type { Database } from "../../database/tables.ts";
import type { Caller } from "../../http/route.ts";
import { settingRead, settingWrite } from "../../database/setting-store.ts";
import { setClocksInTx } from "./set-clocks.ts";

const NAME = "vulnerability_sla_settings";

/** Within how many days vulnerabilities are to be fixed; the defaults for what was never set. */
export async function slaSettings(db: Database): Promise<SlaSettings> {
  return { ...SLA_DEFAULTS, ...((await settingRead(db, NAME)) as Partial<SlaSettings> | undefined) };
}

/** Changes what is given; the clocks of all exposures follow. */
export async function updateSlaSettings(
  { db }: { db: Database },
  given: Partial<SlaSettings>,
  caller: Pick<Caller, "user_id" | "name" | "email" | "api_only"> | null,
): Promise<SlaSettings> {
  return db.transaction().execute(async (tx) => {
    const settings = { ...(await slaSettings(tx)), ...given };
    await settingWrite(tx, NAME, settings);
    await setClocksInTx(tx, settings);
    await recordActivity(tx, { type: "edited_vulnerability_sla_settings", actor: caller, details: { ...settings } });
    return settings;
  });
}
