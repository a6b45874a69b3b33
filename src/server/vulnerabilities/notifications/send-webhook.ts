import { createHmac } from "node:crypto";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { VERSION } from "#domain/core/version.ts";
import { checkUrl, guardedLookup } from "./check-address.ts";

export interface WebhookMessage {
  url: string;
  allowPrivate: boolean;
  /** Null: messages are not signed. */
  secret: string | null;
  /** The same at every attempt. */
  idempotencyKey: string;
  body: string;
}

/** Seconds from connecting to the last byte of the answer's head; a receiver that takes longer is asked again later. */
const TIMEOUT_MS = 10_000;

/**
 * The signature of a message: HMAC-SHA256, as hexadecimal digits, of the time in seconds since 1970, a dot, and the body. With the time in
 * it, a message that somebody recorded cannot be sent again later.
 */
export function signatureOf(secret: string, seconds: number, body: string): string {
  return createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
}

/**
 * Posts a message. Redirects are not followed: an address that moved is to be changed in the rule.
 *
 * @returns the answer's status
 * @throws {Error} when there is no answer; {AddressRefused} for an address that must not be called
 */
export async function sendWebhook(message: WebhookMessage, now: Date, timeoutMs = TIMEOUT_MS): Promise<number> {
  const url = checkUrl(message.url, message.allowPrivate);
  const seconds = Math.floor(now.getTime() / 1000);
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(message.body),
    "user-agent": `Muster/${VERSION}`,
    "muster-delivery": message.idempotencyKey,
    ...(message.secret === null
      ? {}
      : { "muster-signature": `t=${seconds},v1=${signatureOf(message.secret, seconds, message.body)}` }),
  };
  const request = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise<number>((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const call = request(url, { method: "POST", headers, lookup: guardedLookup(message.allowPrivate), agent: false, signal });
    call.once("response", (response) => {
      resolve(response.statusCode ?? 0);
      // whatever else it says is nobody's business
      response.destroy();
    });
    call.once("error", (error) =>
      reject(signal.aborted ? new Error(`no answer within ${timeoutMs / 1000} s`, { cause: error }) : error),
    );
    call.end(message.body);
  });
}
