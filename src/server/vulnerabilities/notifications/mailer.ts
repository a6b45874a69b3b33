import { createTransport } from "nodemailer";

export interface Mail {
  subject: string;
  text: string;
  recipients: string[];
  /** The same at every attempt. */
  idempotencyKey: string;
}

export interface Mailer {
  /** @throws {Error} when the mail server does not take it */
  send(mail: Mail): Promise<void>;
}

const TIMEOUT_MS = 20_000;

/**
 * Sends e-mail through the mail server of the configuration.
 *
 * @param url `smtp://user:password@host:587` or `smtps://…`
 * @param from the sender's address
 */
export function createMailer(url: string, from: string): Mailer {
  const limits = { connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS };
  // nothing that a message holds may make the server read a file or call an address
  const transport = createTransport({ url, ...limits, disableFileAccess: true, disableUrlAccess: true });
  const domain = /@([^>\s]+)/.exec(from)?.[1] ?? "muster.invalid";
  return {
    async send({ subject, text, recipients, idempotencyKey }) {
      // receivers drop a message whose id they have already
      const messageId = `<${idempotencyKey}@${domain}>`;
      const headers = { "Auto-Submitted": "auto-generated" };
      await transport.sendMail({ from, to: from, bcc: recipients, subject, text, messageId, headers });
    },
  };
}
