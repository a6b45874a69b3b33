import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { sql } from "kysely";
import { SMTPServer } from "smtp-server";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ATTEMPTS_MAX } from "#domain/vulnerability/judgement/notification-rule.ts";
import { newSubject, newVulnerability, openFinding } from "#test/support/findings.ts";
import { entryOf, openInventory, type Inventory } from "#test/support/inventory.ts";
import { pageOf } from "../../http/paging.ts";
import { createDecision } from "../decisions/create-decision.ts";
import { reviewDecisions } from "../decisions/review-decisions.ts";
import { revokeDecision } from "../decisions/revoke-decision.ts";
import { listDeliveries, replayDelivery, testRule } from "./deliveries.ts";
import { deliveriesTake } from "./delivery-store.ts";
import { deliverMessages } from "./deliver-messages.ts";
import { createMailer } from "./mailer.ts";
import { makeDigests } from "./make-digests.ts";
import { ruleList } from "./rule-store.ts";
import { signatureOf } from "./send-webhook.ts";
import { createSecretBox } from "./secret-box.ts";
import { sortEvents } from "./sort-events.ts";
import { createRule, updateRule } from "./write-rule.ts";

interface Received {
  body: string;
  headers: IncomingHttpHeaders;
}

let inventory: Inventory;
let receiver: Server;
let url = "";
let received: Received[] = [];
/** What the receiver answers; null: nothing at all. */
let answer: number | null = 200;
let time = new Date();
const db = () => inventory.database.db;
const secrets = createSecretBox(["a key of the tests that is long enough"], "");
const deps = () => ({ db: db(), now: () => time, random: () => 0, mailer: null, secrets, origin: "https://muster.example.org" });
const rules = () => ({ db: db(), now: () => time, hasMailer: false, secrets });
const admin = { user_id: 1, name: "Ada", email: "ada@example.org", api_only: false };
const page = pageOf({}, { orderKeys: ["id"], defaultKey: "id" });
const SENDER = join(import.meta.dirname, "../../../../test/support/deliver-notifications.ts");
const SECRET = "a-secret-of-the-receiver";

beforeAll(async () => {
  inventory = await openInventory();
  receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      received.push({ body, headers: request.headers });
      if (answer !== null) response.writeHead(answer, { location: "http://127.0.0.1:1/" }).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await inventory.database.close();
});
beforeEach(async () => {
  received = [];
  answer = 200;
  time = new Date();
  await sql`TRUNCATE findings, match_subjects, vulnerabilities, vulnerability_exposures, vulnerability_decisions, finding_events,
    notification_rules, labels, hosts, software, software_titles, activities CASCADE`.execute(db());
});

const zoom = entryOf("programs", { name: "Zoom", version: "1" });
const webhook = () => ({ name: "Security", channel: "webhook", url, allow_private_addresses: true, batch_seconds: 0 }) as const;

/** Opens one finding of Zoom for each of these. @returns the host that has it */
async function openAll(facts: Parameters<typeof newVulnerability>[2][]): Promise<number> {
  const host = await inventory.newHost();
  await inventory.report(host, "programs", [zoom]);
  const subject = await newSubject(db(), zoom, "");
  for (const [place, fact] of facts.entries()) {
    await openFinding(db(), subject, await newVulnerability(db(), `CVE-2026-${place + 1}`, fact), { resolved_in_version: "2" });
  }
  return host;
}

async function onlySoftware(): Promise<number> {
  return (await db().selectFrom("software").select("id").executeTakeFirstOrThrow()).id;
}

async function work(): Promise<void> {
  await sortEvents(deps());
  await makeDigests(deps());
  await deliverMessages(deps());
}

async function log() {
  return (await listDeliveries(deps(), {}, page)).deliveries;
}

describe("new findings", () => {
  test("that a rule asks for go out once, together, signed; others do not", async () => {
    const { rule, signing_secret } = await createRule(
      rules(),
      { ...webhook(), signing_secret: SECRET, conditions: { min_severity: "high" } },
      admin,
    );
    expect([signing_secret, rule.signed]).toEqual([null, true]);
    await openAll([{ severity: "critical", kev: true }, { severity: "high", epss: 0.5 }, { severity: "low" }]);
    await work();
    await work();
    expect(received).toHaveLength(1);
    const [{ body, headers }] = received as [Received];
    const message = JSON.parse(body) as { vulnerabilities_count: number; vulnerabilities: { cve: string }[] };
    expect(message).toMatchObject({ type: "vulnerabilities_found", rule: { name: "Security" }, vulnerabilities_count: 2 });
    expect(message.vulnerabilities).toMatchObject([
      {
        cve: "CVE-2026-1",
        severity: "critical",
        cisa_known_exploit: true,
        details_link: "https://muster.example.org/vulnerabilities/CVE-2026-1",
        software: [{ name: "Zoom", version: "1", source: "programs", resolved_in_version: "2" }],
      },
      { cve: "CVE-2026-2", epss_probability: 0.5 },
    ]);
    const [, seconds, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers["muster-signature"])) ?? [];
    expect(signature).toBe(signatureOf(SECRET, Number(seconds), body));
    expect((await log()).map((one) => [one.state, one.status, one.idempotency_key])).toEqual([
      ["delivered", 200, headers["muster-delivery"]],
    ]);
    expect(await db().selectFrom("finding_events").selectAll().execute()).toEqual([]);
  });

  test("of a feed's delta with 600 vulnerabilities are one message, which names 500 and counts all", async () => {
    await createRule(rules(), webhook(), admin);
    await openAll(Array.from({ length: 600 }, () => ({ severity: "high" as const })));
    await work();
    expect(received).toHaveLength(1);
    const message = JSON.parse(received[0]?.body ?? "") as { vulnerabilities_count: number; vulnerabilities: unknown[] };
    expect([message.vulnerabilities_count, message.vulnerabilities.length]).toEqual([600, 500]);
  });

  test("wait until a rule has gathered for as long as it says, and until their severity is known", async () => {
    await createRule(rules(), { ...webhook(), batch_seconds: 600 }, admin);
    await openAll([{ severity: "high" }]);
    await sql`INSERT INTO merge_queue (cve) VALUES ('CVE-2026-1')`.execute(db());
    expect(await sortEvents(deps())).toBe(0);
    await sql`DELETE FROM merge_queue`.execute(db());
    await work();
    expect(received).toEqual([]);
    time = new Date(time.getTime() + 601_000);
    await work();
    expect(received).toHaveLength(1);
  });

  test("that somebody decided about are not told", async () => {
    await createRule(rules(), webhook(), admin);
    await openAll([{ severity: "high" }]);
    await createDecision(deps(), { cve: "CVE-2026-1", kind: "accepted_risk", reason: "r" }, admin);
    await work();
    expect(received).toEqual([]);
    expect(await db().selectFrom("finding_events").selectAll().execute()).toEqual([]);
  });

  test("that are open again because a decision ended by itself are told; whoever revokes one knows", async () => {
    await openAll([{ severity: "high" }]);
    await sortEvents(deps());
    await createRule(rules(), webhook(), admin);
    const until = new Date(time.getTime() + 3_600_000).toISOString();
    const decision = { cve: "CVE-2026-1", kind: "accepted_risk", reason: "r" } as const;
    await createDecision(deps(), { ...decision, expires_at: until }, admin);
    const { id } = await createDecision(deps(), { ...decision, software_version_id: await onlySoftware() }, admin);
    time = new Date(time.getTime() + 3_601_000);
    await reviewDecisions(deps());
    await work();
    // the other decision suppresses it still
    expect(received).toEqual([]);
    await revokeDecision(deps(), id, undefined, admin);
    await work();
    expect(received).toEqual([]);
    await createDecision(deps(), { ...decision, expires_at: new Date(time.getTime() + 1000).toISOString() }, admin);
    time = new Date(time.getTime() + 2000);
    await reviewDecisions(deps());
    await work();
    expect(received.map(({ body }) => (JSON.parse(body) as { vulnerabilities: object[] }).vulnerabilities)).toMatchObject([
      [{ cve: "CVE-2026-1" }],
    ]);
  });

  test("are told for a label when one of its hosts has them", async () => {
    const label = async (name: string) =>
      (
        await db()
          .insertInto("labels")
          .values({ name, label_membership_type: "manual" })
          .returning("id")
          .executeTakeFirstOrThrow()
      ).id;
    const [held, empty] = [await label("Held"), await label("Empty")];
    await createRule(rules(), { ...webhook(), name: "Held", conditions: { label_id: held } }, admin);
    await createRule(rules(), { ...webhook(), name: "Empty", conditions: { label_id: empty } }, admin);
    const host = await openAll([{ severity: "high" }]);
    await db().insertInto("label_membership").values({ label_id: held, host_id: host }).execute();
    await work();
    expect(received.map(({ body }) => (JSON.parse(body) as { rule: { name: string } }).rule.name)).toEqual(["Held"]);
  });

  test("of a label are told with the hosts of the label alone, as people see them there", async () => {
    const { id } = await db()
      .insertInto("labels")
      .values({ name: "Lab", label_membership_type: "manual" })
      .returning("id")
      .executeTakeFirstOrThrow();
    const conditions = { label_id: id };
    await createRule(rules(), { ...webhook(), conditions }, admin);
    await createRule(rules(), { ...webhook(), conditions, payload: "fleet" }, admin);
    const [inside, decided] = [await openAll([{ severity: "high" }]), await inventory.newHost()];
    const outside = await inventory.newHost();
    for (const host of [decided, outside]) await inventory.report(host, "programs", [zoom]);
    const members = [inside, decided].map((host_id) => ({ label_id: id, host_id }));
    await db().insertInto("label_membership").values(members).execute();
    await createDecision(deps(), { cve: "CVE-2026-1", kind: "accepted_risk", reason: "r", host_id: decided }, admin);
    await work();
    const bodies = received.map(({ body }) => JSON.parse(body) as object);
    expect(bodies).toHaveLength(2);
    expect(bodies).toContainEqual(
      expect.objectContaining({ vulnerabilities: [expect.objectContaining({ cve: "CVE-2026-1", hosts_count: 1 })] }),
    );
    expect(bodies).toContainEqual(
      expect.objectContaining({
        vulnerability: expect.objectContaining({ hosts_affected: [expect.objectContaining({ id: inside })] }) as object,
      }),
    );
  });

  test("go out in Fleet's form, one for each vulnerability, with the hosts", async () => {
    await createRule(rules(), { ...webhook(), payload: "fleet" }, admin);
    const host = await openAll([{ severity: "high", epss: 0.25, kev: true }, { severity: "low" }]);
    await work();
    expect(received).toHaveLength(2);
    const bodies = received.map(({ body }) => JSON.parse(body) as { vulnerability: { cve: string } });
    const first = bodies.find((body) => body.vulnerability.cve === "CVE-2026-1");
    expect(first).toMatchObject({
      vulnerability: {
        details_link: "https://nvd.nist.gov/vuln/detail/CVE-2026-1",
        epss_probability: 0.25,
        cisa_known_exploit: true,
        hosts_affected: [{ id: host, hostname: "h", display_name: "h", url: `https://muster.example.org/hosts/${host}` }],
      },
    });
  });
});

describe("a message", () => {
  beforeEach(async () => {
    const { rule } = await createRule(rules(), webhook(), admin);
    await testRule(deps(), rule.id);
  });

  test("that is refused is sent again later and later, always with the same key, until it is taken", async () => {
    answer = 500;
    await deliverMessages(deps());
    expect(await deliverMessages(deps())).toBe(0);
    expect(await log()).toMatchObject([{ state: "waiting", attempts: 1, status: 500, error: "The receiver answered 500." }]);
    time = new Date(time.getTime() + 31_000);
    await deliverMessages(deps());
    time = new Date(time.getTime() + 61_000);
    answer = 204;
    await deliverMessages(deps());
    expect(new Set(received.map(({ headers }) => headers["muster-delivery"])).size).toBe(1);
    expect(received).toHaveLength(3);
    expect(await log()).toMatchObject([{ state: "delivered", attempts: 3, status: 204, error: null }]);
  });

  test("is given up after the last attempt, and an administrator can replay it", async () => {
    answer = 503;
    await db()
      .updateTable("notification_deliveries")
      .set({ attempts: ATTEMPTS_MAX - 1 })
      .execute();
    await deliverMessages(deps());
    const [failed] = await log();
    expect(failed).toMatchObject({ state: "failed", attempts: ATTEMPTS_MAX, next_attempt_at: null });
    answer = 200;
    const replayed = await replayDelivery(deps(), failed?.id ?? 0, admin);
    expect(replayed.replay_of).toBe(failed?.id);
    await deliverMessages(deps());
    expect(received.map(({ body }) => body)).toEqual([received[0]?.body, received[0]?.body]);
    expect(new Set(received.map(({ headers }) => headers["muster-delivery"])).size).toBe(2);
    await expect(replayDelivery(deps(), 999_999, admin)).rejects.toMatchObject({ status: 404 });
  });

  test("to a receiver that is slow, down or moved is tried again, and the log says why", async () => {
    answer = null;
    await deliverMessages({ ...deps(), webhookTimeoutMs: 200 });
    expect((await log())[0]).toMatchObject({ state: "waiting", status: null, error: "no answer within 0.2 s" });
    answer = 302;
    time = new Date(time.getTime() + 3_600_000);
    await deliverMessages(deps());
    expect((await log())[0]?.error).toContain("Redirects are not followed");
    const [rule] = await ruleList(db());
    await updateRule(rules(), rule?.id ?? 0, { url: "http://127.0.0.1:1/" }, admin);
    time = new Date(time.getTime() + 3_600_000);
    await deliverMessages(deps());
    expect((await log())[0]?.error).toContain("ECONNREFUSED");
    expect((await log())[0]).toMatchObject({ state: "waiting", attempts: 3 });
  });

  test("of a process that died on the way is delivered by another one, with the same key", async () => {
    const [taken] = await deliveriesTake(db(), 1, time, 120);
    // died here: nothing else takes it while it may be under way
    expect(await deliverMessages(deps())).toBe(0);
    time = new Date(time.getTime() + 121_000);
    await deliverMessages(deps());
    expect(received.map(({ headers }) => headers["muster-delivery"])).toEqual([taken?.idempotency_key]);
  });

  test("whose sender is killed between the receiver's having it and the note of that comes again with the same key, and is never lost", async () => {
    answer = null;
    const sender = fork(SENDER, [inventory.database.url], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const gone = once(sender, "exit");
    await expect.poll(() => received.length, { timeout: 20_000, interval: 20 }).toBe(1);
    sender.kill("SIGKILL");
    expect(await gone).toEqual([null, "SIGKILL"]);
    expect(await log()).toMatchObject([{ state: "waiting", attempts: 1, status: null }]);
    answer = 200;
    time = new Date(Date.now() + 121_000);
    await deliverMessages(deps());
    expect(await log()).toMatchObject([{ state: "delivered", attempts: 2, status: 200 }]);
    expect(received.map(({ body }) => body)).toEqual([received[0]?.body, received[0]?.body]);
    expect(new Set(received.map(({ headers }) => headers["muster-delivery"])).size).toBe(1);
  });

  test("never goes to a private address that its rule does not allow", async () => {
    const [rule] = await ruleList(db());
    await db().updateTable("notification_rules").set({ allow_private_addresses: false }).execute();
    await deliverMessages(deps());
    expect(received).toEqual([]);
    expect(await log()).toMatchObject([{ rule_id: rule?.id, state: "failed", attempts: 1 }]);
  });
});

test("events are sorted exactly once, even when two processes do it at once and one of them fails", async () => {
  await createRule(rules(), webhook(), admin);
  await openAll([{ severity: "high" }, { severity: "high" }]);
  // killed between taking the events and noting what they led to
  await sql`ALTER TABLE notification_items ADD CONSTRAINT killed CHECK (false) NOT VALID`.execute(db());
  await expect(sortEvents(deps())).rejects.toThrow("killed");
  await sql`ALTER TABLE notification_items DROP CONSTRAINT killed`.execute(db());
  expect(await db().selectFrom("finding_events").selectAll().execute()).toHaveLength(2);
  await Promise.all([sortEvents(deps()), sortEvents(deps())]);
  await Promise.all([makeDigests(deps()), makeDigests(deps())]);
  await Promise.all([deliverMessages(deps()), deliverMessages(deps())]);
  expect(received).toHaveLength(1);
});

test("an e-mail names what was found, and is sent once to all recipients", async () => {
  const mails: { to: string[]; text: string }[] = [];
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData(stream, session, done) {
      let text = "";
      stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
      stream.on("end", () => {
        mails.push({ to: session.envelope.rcptTo.map((to) => to.address), text });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => void smtp.listen(0, "127.0.0.1", resolve));
  const mailer = createMailer(`smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`, "Muster <muster@example.org>");
  const recipients = ["ada@example.org", "bob@example.org"];
  await createRule({ ...rules(), hasMailer: true }, { name: "Mail", channel: "email", recipients, batch_seconds: 0 }, admin);
  await openAll([{ severity: "critical", kev: true }]);
  await sortEvents(deps());
  await makeDigests(deps());
  await deliverMessages(deps());
  expect((await log())[0]?.error).toContain("MUSTER_SMTP_URL");
  time = new Date(time.getTime() + 60_000);
  await deliverMessages({ ...deps(), mailer });
  await new Promise<void>((resolve) => {
    smtp.close(resolve);
  });
  expect(mails).toHaveLength(1);
  expect(mails[0]?.to).toEqual(expect.arrayContaining(recipients));
  const [delivery] = await log();
  expect(mails[0]?.text).toContain(`Message-ID: <${delivery?.idempotency_key}@example.org>`);
  expect(mails[0]?.text).toContain("Subject: Muster: 1 new vulnerability (Mail)");
  expect(mails[0]?.text).toContain("CVE-2026-1: critical, known to be exploited");
});
