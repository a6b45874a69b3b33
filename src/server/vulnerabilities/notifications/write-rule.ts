import { randomBytes } from "node:crypto";
import type { EndpointInput, EndpointResult } from "#protocol/endpoint.ts";
import type { createNotificationRule, NotificationRule, updateNotificationRule } from "#protocol/rest/notifications.ts";
import { recordActivity } from "../../activity/record-activity.ts";
import type { Database } from "../../database/tables.ts";
import { notFound, unprocessable } from "../../http/errors.ts";
import type { Caller } from "../../http/route.ts";
import { AddressRefused, checkUrl } from "./check-address.ts";
import type { SecretBox } from "./secret-box.ts";
import { ruleCountLockInTx, ruleDelete, ruleInsert, ruleRead, ruleUpdate, type RuleRow } from "./rule-store.ts";

export interface RuleDeps {
  db: Database;
  now: () => Date;
  /** A mail server is configured. */
  hasMailer: boolean;
  secrets: SecretBox;
}
type Author = Pick<Caller, "user_id" | "name" | "email" | "api_only"> | null;

/** Each new finding is compared with all rules. */
const RULES_MAX = 100;
const SECRET_BYTES = 32;
const BATCH_SECONDS = 300;

export function presentRule(row: RuleRow): NotificationRule {
  return { ...row, created_at: row.created_at.toISOString(), updated_at: row.updated_at.toISOString() };
}

/** @throws {HttpError} 422 for an address that must not be called, missing recipients, too many rules */
export async function createRule(
  deps: RuleDeps,
  body: EndpointInput<typeof createNotificationRule>["body"],
  caller: Author,
): Promise<EndpointResult<typeof createNotificationRule>> {
  const isWebhook = body.channel === "webhook";
  checkTarget(deps, body);
  const made = isWebhook && body.signing_secret === undefined ? randomBytes(SECRET_BYTES).toString("base64url") : null;
  const secret = isWebhook ? (body.signing_secret ?? made) : null;
  const signing_secret = secret === null ? null : await deps.secrets.seal(secret);
  return deps.db.transaction().execute(async (tx) => {
    if ((await ruleCountLockInTx(tx)) >= RULES_MAX) {
      throw unprocessable("base", `There are ${RULES_MAX} rules already. Delete one that is not needed.`);
    }
    const id = await ruleInsert(tx, {
      name: body.name.trim(),
      channel: body.channel,
      enabled: body.enabled ?? true,
      conditions: JSON.stringify(body.conditions ?? {}),
      url: isWebhook ? (body.url ?? null) : null,
      payload: body.payload ?? "muster",
      allow_private_addresses: body.allow_private_addresses ?? false,
      signing_secret,
      recipients: isWebhook ? [] : (body.recipients ?? []),
      batch_seconds: body.batch_seconds ?? BATCH_SECONDS,
      author_full_name: caller?.name ?? null,
      created_at: deps.now(),
      updated_at: deps.now(),
    });
    const details = { rule_id: id, rule_name: body.name.trim(), channel: body.channel };
    await recordActivity(tx, { type: "created_notification_rule", actor: caller, details });
    return { rule: presentRule(await existing(tx, id)), signing_secret: made };
  });
}

/** Changes what is given. @throws {HttpError} 404, 422 as {@link createRule} */
export async function updateRule(
  deps: RuleDeps,
  id: number,
  body: EndpointInput<typeof updateNotificationRule>["body"],
  caller: Author,
): Promise<NotificationRule> {
  return deps.db.transaction().execute(async (tx) => {
    const before = await existing(tx, id);
    const { conditions, signing_secret: secret, ...rest } = body;
    const foreign = before.channel === "webhook" ? (["recipients"] as const) : (["url", "payload", "signing_secret"] as const);
    const misplaced = foreign.find((name) => body[name] !== undefined);
    if (misplaced !== undefined) throw unprocessable(misplaced, `A rule of the channel ${before.channel} has none.`);
    const after = { ...before, ...rest };
    checkTarget(deps, { ...after, url: after.url ?? undefined });
    await ruleUpdate(tx, id, {
      ...rest,
      ...(conditions === undefined ? {} : { conditions: JSON.stringify(conditions) }),
      ...(secret === undefined ? {} : { signing_secret: await deps.secrets.seal(secret) }),
      updated_at: deps.now(),
    });
    const details = { rule_id: id, rule_name: after.name, channel: before.channel };
    await recordActivity(tx, { type: "edited_notification_rule", actor: caller, details });
    return presentRule(await existing(tx, id));
  });
}

/** @throws {HttpError} 404 */
export async function deleteRule({ db }: RuleDeps, id: number, caller: Author): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { name, channel } = await existing(tx, id);
    await ruleDelete(tx, id);
    await recordActivity(tx, {
      type: "deleted_notification_rule",
      actor: caller,
      details: { rule_id: id, rule_name: name, channel },
    });
  });
}

async function existing(tx: Database, id: number): Promise<RuleRow> {
  const row = await ruleRead(tx, id);
  if (row === undefined) throw notFound("id", `There is no notification rule ${id}.`);
  return row;
}

interface Target {
  channel: "webhook" | "email";
  url?: string | undefined;
  allow_private_addresses?: boolean;
  recipients?: string[];
}

/** A name can lead anywhere by the time it is called: that is checked then, at every attempt. */
function checkTarget(deps: RuleDeps, target: Target): void {
  if (target.channel === "email") {
    if (!deps.hasMailer)
      throw unprocessable("channel", "No mail server is configured: set MUSTER_SMTP_URL and MUSTER_SMTP_FROM.");
    if ((target.recipients ?? []).length === 0) throw unprocessable("recipients", "Name at least one recipient.");
    return;
  }
  try {
    checkUrl(target.url ?? "", target.allow_private_addresses ?? false);
  } catch (error) {
    if (error instanceof AddressRefused) throw unprocessable("url", error.message);
    throw error;
  }
}
