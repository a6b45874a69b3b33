import { beforeEach, describe, expect, test } from "vitest";
import { accessApp, ADMIN } from "#test/support/access-app.ts";
import type { AccessApp } from "#test/support/access-app.ts";
import { testDatabase } from "#test/support/postgres.ts";
import type { TestDatabase } from "#test/support/postgres.ts";
import { ensureAdminToken } from "./ensure-admin-token.ts";
import { setupCode } from "./setup-code.ts";
import { SESSION_LIFETIME_MS } from "./sessions.ts";

const HOUR = 3_600_000;
let database: TestDatabase;
let app: AccessApp;

beforeEach(async () => {
  database = await testDatabase();
  app = await accessApp(database.db);
  return async () => {
    await app.app.close();
    await database.close();
  };
});

async function activityTypes(token: string): Promise<string[]> {
  const { body } = await app.call("GET", "/activities", { token });
  return body.activities.map((activity: { type: string }) => activity.type);
}

describe("set-up", () => {
  test("is open until the first person exists, and needs the printed code", async () => {
    expect((await app.call("GET", "/setup")).body).toEqual({ setup_required: true });
    const setup_code = await setupCode(app.deps);
    const wrong = await app.call("POST", "/setup", { body: { setup_code: "wrong", ...ADMIN } });
    expect(wrong.status).toBe(403);
    expect(wrong.body).toMatchObject({ message: "Forbidden", errors: [{ name: "setup_code" }] });
    const right = await app.call("POST", "/setup", { body: { setup_code, ...ADMIN } });
    expect(right.status).toBe(200);
    expect(right.body.user).toMatchObject({ name: "Ada", email: "ada@example.org", global_role: "admin", api_only: false });
    expect(right.cookie).toBe(`muster_session=${right.body.token}`);
    expect((await app.call("GET", "/setup")).body).toEqual({ setup_required: false });
    expect((await app.call("GET", "/me", { token: right.body.token })).body.user.email).toBe("ada@example.org");
    expect(await activityTypes(right.body.token)).toEqual(["user_logged_in", "created_user"]);
  });

  test("consumes the code, and makes no new one afterwards", async () => {
    const setup_code = await setupCode(app.deps);
    await app.call("POST", "/setup", { body: { setup_code, ...ADMIN } });
    const again = await app.call("POST", "/setup", { body: { setup_code, ...ADMIN, email: "eve@example.org" } });
    expect(again.status).toBe(403);
    expect(again.body.errors[0].reason).toMatch(/Set-up is done/);
    expect(await setupCode(app.deps)).toBeNull();
  });

  test("accepts every code of processes that start at once; keeps only hashes; forgets them after a day", async () => {
    const codes = await Promise.all([setupCode(app.deps), setupCode(app.deps), setupCode(app.deps)]);
    expect(new Set(codes).size).toBe(3);
    const stored = await database.db.selectFrom("server_settings").selectAll().execute();
    for (const code of codes) expect(JSON.stringify(stored)).not.toContain(code);
    app.pass(25 * HOUR);
    expect((await app.call("POST", "/setup", { body: { setup_code: codes[0], ...ADMIN } })).status).toBe(403);
    app.pass(-25 * HOUR);
    expect((await app.call("POST", "/setup", { body: { setup_code: codes[0], ...ADMIN } })).status).toBe(200);
  });

  test("two set-ups at once make one user", async () => {
    const other = await accessApp(database.db);
    const [first, second] = [await setupCode(app.deps), await setupCode(other.deps)];
    const answers = await Promise.all([
      app.call("POST", "/setup", { body: { setup_code: first, ...ADMIN } }),
      other.call("POST", "/setup", { body: { setup_code: second, ...ADMIN, email: "bob@example.org" } }),
      other.call("POST", "/setup", { body: { setup_code: first, ...ADMIN, email: "eve@example.org" } }),
    ]);
    await other.app.close();
    expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([200, 403, 403]);
    expect(await database.db.selectFrom("users").selectAll().execute()).toHaveLength(1);
  });

  test("an API token from the environment does not end it", async () => {
    await ensureAdminToken(app.deps, "token-from-the-environment");
    expect((await app.call("GET", "/setup")).body).toEqual({ setup_required: true });
    expect(await app.setUp()).toMatch(/^[\w-]{43}$/);
  });

  test("refuses a short password by name, without repeating it", async () => {
    const setup_code = await setupCode(app.deps);
    const { status, body } = await app.call("POST", "/setup", { body: { setup_code, ...ADMIN, password: "hunter2" } });
    expect(status).toBe(422);
    expect(body).toMatchObject({
      message: "Validation Failed",
      errors: [{ name: "password", reason: "Must have at least 12 characters." }],
    });
    expect(JSON.stringify(body)).not.toContain("hunter2");
  });
});

describe("login", () => {
  let token: string;
  beforeEach(async () => {
    token = await app.setUp();
  });

  test("gives a token and a cookie; e-mail in any case", async () => {
    const { status, body, cookie } = await app.call("POST", "/login", {
      body: { email: "ADA@example.org", password: ADMIN.password },
    });
    expect(status).toBe(200);
    expect(body.token).not.toBe(token);
    expect(cookie).toBe(`muster_session=${body.token}`);
    expect((await app.call("GET", "/me", { token: body.token })).status).toBe(200);
  });

  test("tells an unknown account and a wrong password apart in nothing", async () => {
    const wrong = await app.call("POST", "/login", { body: { email: ADMIN.email, password: "not the password" } });
    const unknown = await app.call("POST", "/login", { body: { email: "eve@example.org", password: "not the password" } });
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    expect(wrong.body).toMatchObject({ message: "Authentication failed", errors: [{ name: "base" }] });
    expect({ ...unknown.body, uuid: "" }).toEqual({ ...wrong.body, uuid: "" });
    expect(await activityTypes(token)).toContain("user_failed_login");
  });

  test("an API-only user cannot log in with a password", async () => {
    const body = { name: "Bot", email: "bot@example.org", api_only: true, password: "a long password" };
    await app.call("POST", "/users/admin", { token, body });
    const login = await app.call("POST", "/login", { body: { email: body.email, password: body.password } });
    expect(login.status).toBe(401);
  });

  test("two logins at once give two sessions", async () => {
    const body = { email: ADMIN.email, password: ADMIN.password };
    const answers = await Promise.all([app.call("POST", "/login", { body }), app.call("POST", "/login", { body })]);
    expect(answers.map((answer) => answer.status)).toEqual([200, 200]);
    expect(new Set(answers.map((answer) => answer.body.token)).size).toBe(2);
  });

  test("renews a hash of other parameters", async () => {
    // RFC-style PHC of weaker parameters, made by node:crypto over the same password
    const { argon2Sync } = await import("node:crypto");
    const nonce = Buffer.alloc(16, 7);
    const old = argon2Sync("argon2id", {
      message: ADMIN.password,
      nonce,
      memory: 1024,
      passes: 1,
      parallelism: 1,
      tagLength: 32,
    });
    const phc = `$argon2id$v=19$m=1024,t=1,p=1$${nonce.toString("base64").replace(/=+$/, "")}$${old.toString("base64").replace(/=+$/, "")}`;
    await database.db.updateTable("users").set({ password_hash: phc }).execute();
    expect((await app.call("POST", "/login", { body: { email: ADMIN.email, password: ADMIN.password } })).status).toBe(200);
    const { password_hash } = await database.db.selectFrom("users").select("password_hash").executeTakeFirstOrThrow();
    expect(password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect((await app.call("POST", "/login", { body: { email: ADMIN.email, password: ADMIN.password } })).status).toBe(200);
  });
});

describe("login limits", () => {
  const wrong = { email: ADMIN.email, password: "not the password" };

  test("count in the database: two servers share them; 429 says when to come back", async () => {
    await app.setUp();
    const other = await accessApp(database.db);
    const answers = await Promise.all(
      Array.from({ length: 14 }, async (_, i) =>
        (i % 2 === 0 ? app : other).call("POST", "/login", { body: wrong, from: "192.0.2.7" }),
      ),
    );
    const statuses = answers.map((answer) => answer.status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(4);
    const refused = answers.find((answer) => answer.status === 429);
    expect(refused?.body).toMatchObject({ message: "Too many requests", errors: [{ name: "base" }] });
    expect(Number(refused?.headers["retry-after"])).toBeGreaterThan(890);
    expect(Number(refused?.headers["retry-after"])).toBeLessThanOrEqual(900);
    // the right password does not help from there, but does from elsewhere, and later from there
    const right = { email: ADMIN.email, password: ADMIN.password };
    expect((await other.call("POST", "/login", { body: right, from: "192.0.2.7" })).status).toBe(429);
    expect((await other.call("POST", "/login", { body: right, from: "192.0.2.8" })).status).toBe(200);
    app.pass(901_000);
    expect((await app.call("POST", "/login", { body: right, from: "192.0.2.7" })).status).toBe(200);
    await other.app.close();
  });

  test("an address may try 50 times in all, over however many accounts", async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 52; i++) {
      const { status } = await app.call("POST", "/login", { body: { ...wrong, email: `u${i}@example.org` }, from: "192.0.2.9" });
      statuses.push(status);
    }
    expect(statuses.indexOf(429)).toBe(50);
  });

  test("success starts the account anew", async () => {
    await app.setUp();
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 9; i++) expect((await app.call("POST", "/login", { body: wrong })).status).toBe(401);
      expect((await app.call("POST", "/login", { body: { ...wrong, password: ADMIN.password } })).status).toBe(200);
    }
  });

  test("set-up codes cannot be tried for ever either", async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 51; i++) {
      const { status } = await app.call("POST", "/setup", { body: { setup_code: `guess ${i}`, ...ADMIN } });
      statuses.push(status);
    }
    expect(statuses.slice(0, 50).every((status) => status === 403)).toBe(true);
    expect(statuses[50]).toBe(429);
  });
});

describe("sessions", () => {
  let token: string;
  beforeEach(async () => {
    token = await app.setUp();
  });

  test("end five days after the last use, which is noted at most once a minute", async () => {
    const read = async () => database.db.selectFrom("sessions").selectAll().executeTakeFirstOrThrow();
    const start = await read();
    app.pass(30_000);
    await app.call("GET", "/me", { token });
    expect((await read()).accessed_at).toEqual(start.accessed_at);
    app.pass(4 * 24 * HOUR);
    expect((await app.call("GET", "/me", { token })).status).toBe(200);
    const used = await read();
    expect(used.accessed_at.getTime()).toBe(start.accessed_at.getTime() + 30_000 + 4 * 24 * HOUR);
    expect(used.expires_at?.getTime()).toBe(used.accessed_at.getTime() + SESSION_LIFETIME_MS);
    app.pass(4 * 24 * HOUR);
    expect((await app.call("GET", "/me", { token })).status).toBe(200);
    app.pass(SESSION_LIFETIME_MS + 1000);
    expect((await app.call("GET", "/me", { token })).status).toBe(401);
  });

  test("end at logout, by id and all at once", async () => {
    const body = { email: ADMIN.email, password: ADMIN.password };
    const second = (await app.call("POST", "/login", { body })).body.token;
    const out = await app.call("POST", "/logout", { token: second });
    expect([out.status, out.body]).toEqual([200, {}]);
    expect((await app.call("GET", "/me", { token: second })).status).toBe(401);

    const { body: me } = await app.call("GET", "/me", { token });
    const third = (await app.call("POST", "/login", { body })).body.token;
    const { body: list } = await app.call("GET", `/users/${me.user.id}/sessions`, { token });
    expect(list.sessions).toHaveLength(2);
    expect(JSON.stringify(list)).not.toContain(third);
    const newest = Math.max(...list.sessions.map((session: { session_id: number }) => session.session_id));
    expect((await app.call("GET", `/sessions/${newest}`, { token })).body.user_id).toBe(me.user.id);
    expect((await app.call("DELETE", `/sessions/${newest}`, { token })).status).toBe(200);
    expect((await app.call("GET", `/sessions/${newest}`, { token })).status).toBe(404);
    expect((await app.call("GET", "/me", { token: third })).status).toBe(401);
    expect((await app.call("DELETE", `/users/${me.user.id}/sessions`, { token })).status).toBe(200);
    expect((await app.call("GET", "/me", { token })).status).toBe(401);
  });

  test("keep only the hash of their token", async () => {
    const rows = await database.db.selectFrom("sessions").selectAll().execute();
    expect(rows[0]?.token_hash).toHaveLength(32);
    expect(rows[0]?.token_hash.toString("utf8")).not.toContain(token);
  });
});

describe("users", () => {
  let token: string;
  beforeEach(async () => {
    token = await app.setUp();
  });

  async function create(body: object) {
    return app.call("POST", "/users/admin", { token, body });
  }

  test("people need a password; API-only users get a token that does not expire", async () => {
    expect((await create({ name: "Bob", email: "bob@example.org" })).body.errors).toMatchObject([{ name: "password" }]);
    const bob = await create({ name: "Bob", email: "bob@example.org", password: "long enough a word" });
    expect(bob.status).toBe(200);
    expect(bob.body.token).toBeUndefined();
    const bot = await create({ name: "Bot", email: "bot@example.org", api_only: true });
    expect(bot.body.user.api_only).toBe(true);
    app.pass(400 * 24 * HOUR);
    expect((await app.call("GET", "/me", { token: bot.body.token })).body.user.name).toBe("Bot");
    expect((await app.call("GET", "/me", { token })).status).toBe(401);
  });

  test("have one e-mail address each, in any case", async () => {
    const taken = await create({ name: "Eve", email: "ADA@EXAMPLE.ORG", password: "long enough a word" });
    expect(taken.status).toBe(409);
    expect(taken.body).toMatchObject({ message: "Conflict", errors: [{ name: "email" }] });
    const bob = await create({ name: "Bob", email: "bob@example.org", password: "long enough a word" });
    const move = await app.call("PATCH", `/users/${bob.body.user.id}`, { token, body: { email: "Ada@example.org" } });
    expect(move.status).toBe(409);
  });

  test("without a role see themselves and nothing else", async () => {
    const { body } = await create({ name: "Eve", email: "eve@example.org", api_only: true, global_role: null });
    expect((await app.call("GET", "/me", { token: body.token })).body.user.global_role).toBeNull();
    const refused = await app.call("GET", "/users", { token: body.token });
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({ message: "Forbidden", errors: [{ name: "base" }] });
  });

  test("change their own password only with the present one, which ends their other sessions", async () => {
    const { body: login } = await app.call("POST", "/login", { body: { email: ADMIN.email, password: ADMIN.password } });
    const path = `/users/${login.user.id}`;
    const new_password = "another long password";
    expect((await app.call("PATCH", path, { token, body: { new_password } })).body.errors).toMatchObject([{ name: "password" }]);
    const wrong = await app.call("PATCH", path, { token, body: { new_password, password: "wrong" } });
    expect([wrong.status, wrong.body.errors[0].name]).toEqual([422, "password"]);
    expect((await app.call("PATCH", path, { token, body: { new_password, password: ADMIN.password } })).status).toBe(200);
    expect((await app.call("GET", "/me", { token })).status).toBe(200);
    expect((await app.call("GET", "/me", { token: login.token })).status).toBe(401);
    expect((await app.call("POST", "/login", { body: { email: ADMIN.email, password: new_password } })).status).toBe(200);
    expect(await activityTypes(token)).toContain("edited_user");
  });

  test("the last administrator can be neither deleted nor demoted, not even by two at once", async () => {
    const { body: me } = await app.call("GET", "/me", { token });
    const { body: bot } = await create({ name: "Bot", email: "bot@example.org", api_only: true });
    expect((await app.call("DELETE", `/users/${me.user.id}`, { token })).status).toBe(422);
    expect((await app.call("PATCH", `/users/${me.user.id}`, { token, body: { global_role: null } })).status).toBe(422);
    const { body: bob } = await create({ name: "Bob", email: "bob@example.org", password: "long enough a word" });
    const [a, b] = await Promise.all([
      app.call("PATCH", `/users/${me.user.id}`, { token: bot.token, body: { global_role: null } }),
      app.call("DELETE", `/users/${bob.user.id}`, { token: bot.token }),
    ]);
    expect([a.status, b.status].toSorted((x, y) => x - y)).toEqual([200, 422]);
  });

  test("are listed, searched, shown and deleted; their tokens end", async () => {
    const { body: bot } = await create({ name: "100% Bot", email: "bot@example.org", api_only: true });
    const all = await app.call("GET", "/users?order_key=id&order_direction=desc", { token });
    expect(all.body.users.map((user: { name: string }) => user.name)).toEqual(["100% Bot", "Ada"]);
    expect((await app.call("GET", "/users?query=%25", { token })).body.users).toHaveLength(1);
    expect((await app.call("GET", `/users/${bot.user.id}`, { token })).body.user).toEqual(bot.user);
    expect((await app.call("DELETE", `/users/${bot.user.id}`, { token })).body).toEqual({});
    expect((await app.call("GET", "/me", { token: bot.token })).status).toBe(401);
    expect((await app.call("GET", `/users/${bot.user.id}`, { token })).status).toBe(404);
    expect(JSON.stringify(all.body)).not.toMatch(/password_hash|argon2/);
  });
});

describe("MUSTER_ADMIN_TOKEN", () => {
  test("is an administrator's token; another value ends the one before; none ends it", async () => {
    await Promise.all([ensureAdminToken(app.deps, "first-token-value-1"), ensureAdminToken(app.deps, "first-token-value-1")]);
    expect((await app.call("GET", "/users", { token: "first-token-value-1" })).status).toBe(200);
    await ensureAdminToken(app.deps, "second-token-value-2");
    expect((await app.call("GET", "/users", { token: "first-token-value-1" })).status).toBe(401);
    app.pass(1000 * 24 * HOUR);
    expect((await app.call("GET", "/users", { token: "second-token-value-2" })).body.users).toHaveLength(1);
    await ensureAdminToken(app.deps, null);
    expect((await app.call("GET", "/users", { token: "second-token-value-2" })).status).toBe(401);
  });
});

describe("the log", () => {
  test("never holds a secret", async () => {
    const setup_code = (await setupCode(app.deps)) ?? "";
    const { body } = await app.call("POST", "/setup", { body: { setup_code, ...ADMIN } });
    await app.call("POST", "/login", { body: { email: ADMIN.email, password: "a wrong password" } });
    const cookie = `muster_session=${body.token}`;
    await app.call("GET", `/me?token=${body.token}`, { headers: { cookie } });
    await app.app.inject({ url: `/setup?code=${setup_code}` });
    await database.db.schema.dropTable("activities").execute();
    const failed = await app.call("POST", "/login", { body: { email: ADMIN.email, password: ADMIN.password } });
    expect(failed.status).toBe(500);
    expect(failed.body).toEqual({
      message: "Internal Server Error",
      errors: [{ name: "base", reason: "Internal Server Error" }],
      uuid: expect.stringMatching(/^[\da-f-]{36}$/),
    });
    const logged = app.logged();
    expect(logged).toContain(failed.body.uuid);
    expect(logged).toContain("activities");
    for (const secret of [setup_code, body.token, ADMIN.password, "a wrong password", "argon2id"])
      expect(logged).not.toContain(secret);
  });
});
