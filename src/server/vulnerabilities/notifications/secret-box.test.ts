import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";
import { sealSecrets, clearSecrets } from "./seal-secrets.ts";
import { createSecretBox } from "./secret-box.ts";

const FIRST = "the first key, of forty letters or so.....";
const SECOND = "the second key, of forty letters or so....";
let directory: string;
let database: TestDatabase;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "muster-secrets-"));
  database = await testDatabase();
});
afterAll(async () => {
  await database.close();
  await rm(directory, { recursive: true, force: true });
});

test("what is sealed says nothing of the secret, is never the same twice, and opens with its key alone", async () => {
  const box = createSecretBox([FIRST], "");
  const [one, two] = [await box.seal("s3cret of the receiver"), await box.seal("s3cret of the receiver")];
  expect(one).not.toBe(two);
  expect(Buffer.from(one.split(":")[3] ?? "", "base64url").toString("latin1")).not.toContain("s3cret");
  expect(await box.open(one)).toBe("s3cret of the receiver");
  expect(await createSecretBox([SECOND, FIRST], "").open(one)).toBe("s3cret of the receiver");
  await expect(createSecretBox([SECOND], "").open(one)).rejects.toThrow(/MUSTER_SECRET_KEYS does not have/);
  const last = one.endsWith("A") ? "Q" : "A";
  await expect(box.open(`${one.slice(0, -1)}${last}`)).rejects.toThrow(/changed since it was sealed/);
});

test("without keys in the configuration one is made in a file of its owner; processes that start together use the same", async () => {
  const boxes = Array.from({ length: 4 }, () => createSecretBox(null, directory));
  const sealed = await Promise.all(boxes.map(async (box) => box.seal("s")));
  expect(new Set(sealed.map((text) => text.split(":")[2])).size).toBe(1);
  expect(await readdir(directory)).toEqual(["secret.keys"]);
  const path = join(directory, "secret.keys");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await writeFile(path, `${SECOND}\n${await readFile(path, "utf8")}`);
  const rotated = createSecretBox(null, directory);
  expect(await rotated.open(sealed[0] ?? "")).toBe("s");
  expect((await rotated.seal("s")).split(":")[2]).not.toBe(sealed[0]?.split(":")[2]);
  await chmod(path, 0o644);
  await expect(createSecretBox(null, directory).seal("s")).rejects.toThrow(/Others can read .*chmod 600/);
});

test("secrets of before, and of former keys, are sealed with the present key", async () => {
  const { db } = database;
  const rule = { channel: "webhook" as const, conditions: "{}", url: "https://example.org", author_full_name: null };
  const old = await createSecretBox([FIRST], "").seal("old");
  const rows = ["plain", old, null].map((signing_secret, i) => ({ ...rule, name: `r${i}`, signing_secret }));
  const ids = await db.insertInto("notification_rules").values(rows).returning("id").execute();
  expect(await clearSecrets(db)).toEqual([ids[0]?.id]);
  const secrets = createSecretBox([SECOND, FIRST], "");
  expect(await sealSecrets({ db, secrets })).toBe(2);
  expect([await sealSecrets({ db, secrets }), await clearSecrets(db)]).toEqual([0, []]);
  const alone = createSecretBox([SECOND], "");
  const stored = await db
    .selectFrom("notification_rules")
    .where("signing_secret", "is not", null)
    .select("signing_secret")
    .orderBy("id")
    .execute();
  expect(await Promise.all(stored.map(async ({ signing_secret }) => alone.open(signing_secret ?? "")))).toEqual(["plain", "old"]);
});

test("a secret whose key is lost is named, and keeps no other from being sealed", async () => {
  const { db } = database;
  const rule = { channel: "webhook" as const, conditions: "{}", url: "https://example.org", author_full_name: null };
  const lost = await createSecretBox([FIRST], "").seal("lost");
  const rows = [lost, "plain again"].map((signing_secret, i) => ({ ...rule, name: `lost ${i}`, signing_secret }));
  const [first, second] = await db.insertInto("notification_rules").values(rows).returning("id").execute();
  const secrets = createSecretBox([SECOND], "");
  await expect(sealSecrets({ db, secrets })).rejects.toThrow(new RegExp(`rule ${first?.id}: .*MUSTER_SECRET_KEYS does not have`));
  const { signing_secret } = await db
    .selectFrom("notification_rules")
    .where("id", "=", second?.id ?? 0)
    .select("signing_secret")
    .executeTakeFirstOrThrow();
  expect(await secrets.open(signing_secret ?? "")).toBe("plain again");
  expect(signing_secret).toMatch(/^sealed:/);
});
