import { expect, test } from "vitest";
import { testDatabase } from "#test/support/postgres.ts";
import { ruleList } from "./rule-store.ts";
import { createSecretBox } from "./secret-box.ts";
import { createRule, deleteRule, updateRule } from "./write-rule.ts";

const admin = { user_id: 1, name: "Ada", email: "ada@example.org", api_only: false };
const secrets = createSecretBox(["a key of the tests that is long enough"], "");
const url = "http://127.0.0.1:9/hook";
const webhook = () => ({ name: "Security", channel: "webhook", url, allow_private_addresses: true, batch_seconds: 0 }) as const;

test("rules are refused where they could not work, never show their secret, and leave a trail", async () => {
  await using database = await disposable();
  const { db } = database;
  const rules = () => ({ db, now: () => new Date(), hasMailer: false, secrets });
  const wrong: [object, string][] = [
    [{ url: undefined }, "url"],
    [{ url: "ftp://example.org" }, "url"],
    [{ url: "http://127.0.0.1/", allow_private_addresses: false }, "url"],
    [{ url: "http://169.254.169.254/" }, "url"],
    [{ channel: "email", recipients: ["a@example.org"] }, "channel"],
  ];
  for (const [change, name] of wrong) {
    await expect(createRule(rules(), { ...webhook(), ...change }, admin)).rejects.toMatchObject({
      status: 422,
      errors: [{ name }],
    });
  }
  const made = await createRule(rules(), webhook(), admin);
  expect(made.signing_secret?.length).toBeGreaterThan(40);
  expect(JSON.stringify([made.rule, await ruleList(db)])).not.toContain(made.signing_secret);
  expect(await updateRule(rules(), made.rule.id, { enabled: false, conditions: { kev: true } }, admin)).toMatchObject({
    enabled: false,
    conditions: { kev: true },
    signed: true,
  });
  await expect(updateRule(rules(), made.rule.id, { recipients: ["a@example.org"] }, admin)).rejects.toMatchObject({
    status: 422,
  });
  await deleteRule(rules(), made.rule.id, admin);
  await expect(deleteRule(rules(), made.rule.id, admin)).rejects.toMatchObject({ status: 404 });
  const trail = await db.selectFrom("activities").select(["type", "details"]).orderBy("id").execute();
  expect(trail.map(({ type }) => type)).toEqual([
    "created_notification_rule",
    "edited_notification_rule",
    "deleted_notification_rule",
  ]);
  expect(JSON.stringify(trail)).not.toContain(made.signing_secret);
});

async function disposable() {
  const database = await testDatabase();
  return { db: database.db, [Symbol.asyncDispose]: () => database.close() };
}
