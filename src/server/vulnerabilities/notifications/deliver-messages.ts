import { ATTEMPTS_MAX, retryDelaySeconds } from "#domain/vulnerability/judgement/notification-rule.ts";
import type { Database } from "../../database/tables.ts";
import { AddressRefused } from "./check-address.ts";
import { deliveriesTake, deliveryDone, deliveryFailed, type TakenDelivery } from "./delivery-store.ts";
import { mailText, type Message } from "./message.ts";
import type { Mailer } from "./mailer.ts";
import type { SecretBox } from "./secret-box.ts";
import { sendWebhook } from "./send-webhook.ts";

export interface DeliverDeps {
  db: Database;
  now: () => Date;
  /** From 0 to 1. */
  random: () => number;
  /** Null: no mail server is configured. */
  mailer: Mailer | null;
  secrets: SecretBox;
  /** For tests of slow receivers; milliseconds. */
  webhookTimeoutMs?: number;
}

/** Messages under way at once: one slow receiver must not keep the others waiting. */
const AT_ONCE = 8;
/** Longer than any attempt takes. */
const LEASE_SECONDS = 120;
const ERROR_LENGTH_MAX = 500;

/**
 * Delivers what is due, at least once: a process that dies between a receiver's answer and its note delivers again, with the same
 * idempotency key.
 *
 * @returns how many attempts were made
 */
export async function deliverMessages(deps: DeliverDeps, signal?: AbortSignal): Promise<number> {
  let attempts = 0;
  while (signal?.aborted !== true) {
    // oxlint-disable-next-line no-await-in-loop -- batch after batch
    const taken = await deliveriesTake(deps.db, AT_ONCE, deps.now(), LEASE_SECONDS);
    // oxlint-disable-next-line no-await-in-loop
    await Promise.all(taken.map(async (delivery) => deliver(deps, delivery)));
    attempts += taken.length;
    if (taken.length < AT_ONCE) break;
  }
  return attempts;
}

async function deliver(deps: DeliverDeps, delivery: TakenDelivery): Promise<void> {
  try {
    const status = delivery.channel === "webhook" ? await post(deps, delivery) : await mail(deps, delivery);
    if (status === null || (status >= 200 && status < 300)) return await deliveryDone(deps.db, delivery.id, status, deps.now());
    const moved = status >= 300 && status < 400 ? " Redirects are not followed: change the address of the rule." : "";
    await fail(deps, delivery, { status, error: `The receiver answered ${status}.${moved}` });
  } catch (error) {
    await fail(deps, delivery, { status: null, error: messageOf(error), isFinal: error instanceof AddressRefused });
  }
}

async function post(deps: DeliverDeps, delivery: TakenDelivery): Promise<number> {
  const message = {
    url: delivery.url ?? "",
    allowPrivate: delivery.allow_private_addresses,
    secret: delivery.signing_secret === null ? null : await deps.secrets.open(delivery.signing_secret),
    idempotencyKey: delivery.idempotency_key,
    body: JSON.stringify(delivery.payload),
  };
  return sendWebhook(message, deps.now(), deps.webhookTimeoutMs);
}

async function mail(deps: DeliverDeps, { payload, recipients, idempotency_key }: TakenDelivery): Promise<null> {
  if (deps.mailer === null) throw new Error("No mail server is configured: set MUSTER_SMTP_URL and MUSTER_SMTP_FROM.");
  await deps.mailer.send({ ...mailText(payload as Message), recipients, idempotencyKey: idempotency_key });
  return null;
}

async function fail(
  deps: DeliverDeps,
  { id, attempts }: TakenDelivery,
  { status, error, isFinal = false }: { status: number | null; error: string; isFinal?: boolean },
): Promise<void> {
  const delay = retryDelaySeconds(attempts, deps.random());
  const nextAt = isFinal || attempts >= ATTEMPTS_MAX ? null : new Date(deps.now().getTime() + delay * 1000);
  await deliveryFailed(deps.db, id, { status, error: error.slice(0, ERROR_LENGTH_MAX), nextAt });
}

/** Errors of connections that failed at several addresses have no words of their own. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
