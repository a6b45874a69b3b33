import type { ActivityType } from "#protocol/rest/activities.ts";
import type { Database } from "#server/database/tables.ts";
import type { Caller } from "#server/http/route.ts";
import { activityInsert } from "./activity-store.ts";

export interface ActivityRecord {
  type: ActivityType;
  /** The user who did it; null when the server or a device did. */
  actor: Pick<Caller, "user_id" | "name" | "email" | "api_only"> | null;
  /** Keys as ACTIVITY_TYPES documents them; never a secret. */
  details: Record<string, unknown>;
}

/**
 * Writes one line of the audit trail. Pass the transaction of the change itself, so that no change is without its line and no
 * line without its change. The actor's name is copied: the trail outlives the user.
 */
export async function recordActivity(db: Database, { type, actor, details }: ActivityRecord): Promise<void> {
  await activityInsert(db, {
    type,
    actor_id: actor?.user_id ?? null,
    actor_full_name: actor?.name ?? null,
    actor_email: actor?.email ?? null,
    actor_api_only: actor?.api_only ?? null,
    details: JSON.stringify(details),
  });
}
