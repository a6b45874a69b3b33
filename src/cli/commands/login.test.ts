import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fakeServer, refusal, runCommand } from "#test/support/cli-io.ts";

const USER = { id: 1, name: "Ada", email: "ada@example.org" };

/** A home directory of its own, and a server that knows Ada. */
function world(token = "session-token") {
  const home = mkdtempSync(join(tmpdir(), "muster-cli-"));
  const server = fakeServer(({ url, body, headers }) => {
    if (url.pathname.endsWith("/login")) {
      const { password } = body as { password: string };
      return password === "correct horse" ? Response.json({ user: USER, token }) : refusal(401, "Wrong e-mail or password.");
    }
    if (headers.get("authorization") !== `Bearer ${token}`) return refusal(401, "Authentication required");
    return url.pathname.endsWith("/logout") ? Response.json({}) : Response.json({ hosts: [], meta: { has_next_results: false } });
  });
  return { ...server, env: { HOME: home }, file: join(home, ".config/muster/logins.json") };
}

const ask = (answers: Record<string, string>) => (question: string) => Promise.resolve(answers[question] ?? null);
const ADA = ask({ "E-mail address: ": "ada@example.org", "Password: ": "correct horse" });

test("a login is kept for its owner alone, and used by later commands without naming the server again", async () => {
  const { fetch, requests, env, file } = world();
  const hidden: string[] = [];
  const login = await runCommand(["login", "--server", "https://muster.example.org/"], {
    fetch,
    env,
    ask: (question, options) => {
      if (options.hidden) hidden.push(question);
      return ADA(question);
    },
  });
  expect(login.code).toBe(0);
  expect(login.stdout).toContain("Logged in to https://muster.example.org as Ada <ada@example.org>");
  expect(login.stdout).not.toContain("session-token");
  expect(hidden).toEqual(["Password: "]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(join(file, "..")).mode & 0o777).toBe(0o700);
  expect(readFileSync(file, "utf8")).not.toContain("correct horse");
  const list = await runCommand(["get", "hosts"], { fetch, env });
  expect(list.code).toBe(0);
  expect(requests.at(-1)?.url.origin).toBe("https://muster.example.org");
});

test("a kept token goes to the server it was made by and to no other", async () => {
  const { fetch, requests, env } = world();
  await runCommand(["login", "--server", "https://muster.example.org"], { fetch, env, ask: ADA });
  const other = await runCommand(["get", "hosts", "--server", "https://elsewhere.example.org"], { fetch, env });
  expect(other.code).toBe(3);
  expect(requests.at(-1)?.headers.get("authorization")).toBeNull();
});

test("scripts log in by variables or through a pipe", async () => {
  const { fetch, requests, env } = world();
  const server = { MUSTER_SERVER: "https://muster.example.org", MUSTER_EMAIL: "ada@example.org" };
  const byVariable = await runCommand(["login"], { fetch, env: { ...env, ...server, MUSTER_PASSWORD: "correct horse" } });
  expect(byVariable.code).toBe(0);
  const readStdin = () => Promise.resolve("correct horse\n");
  const byPipe = await runCommand(["login", "--password-stdin"], { fetch, env: { ...env, ...server }, readStdin });
  expect(byPipe.code).toBe(0);
  expect(requests.map(({ body }) => body)).toEqual([
    { email: "ada@example.org", password: "correct horse" },
    { email: "ada@example.org", password: "correct horse" },
  ]);
});

test("nobody to ask is a usage error, a wrong password is not authenticated", async () => {
  const { fetch, env } = world();
  const silent = await runCommand(["login"], { fetch, env });
  expect(silent).toMatchObject({ code: 2, stderr: expect.stringContaining("MUSTER_EMAIL and MUSTER_PASSWORD") });
  const wrong = await runCommand(["login"], { fetch, env, ask: ask({ "E-mail address: ": "a@b", "Password: ": "wrong" }) });
  expect(wrong).toMatchObject({ code: 3, stderr: "muster: Wrong e-mail or password.\n" });
});

test("an unprotected connection to another machine is warned of", async () => {
  const { fetch, env } = world();
  const far = await runCommand(["login", "--server", "http://muster.example.org"], { fetch, env, ask: ADA });
  expect(far.stderr).toContain("Warning: http://muster.example.org is not HTTPS");
  const near = await runCommand(["login", "--server", "http://127.0.0.1:8080"], { fetch, env, ask: ADA });
  expect(near.stderr).toBe("");
});

test("logout ends the session there and here; a second one has nothing to do", async () => {
  const { fetch, requests, env, file } = world();
  await runCommand(["login", "--server", "https://muster.example.org"], { fetch, env, ask: ADA });
  const logout = await runCommand(["logout"], { fetch, env });
  expect(logout).toEqual({ code: 0, stdout: "Logged out of https://muster.example.org.\n", stderr: "" });
  expect(requests.at(-1)).toMatchObject({ method: "POST" });
  expect(requests.at(-1)?.headers.get("authorization")).toBe("Bearer session-token");
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ server: null, logins: {} });
  const again = await runCommand(["logout", "--server", "https://muster.example.org"], { fetch, env });
  expect(again.stdout).toBe("There is no login for https://muster.example.org.\n");
});

test("a logout that the server does not hear of forgets the token all the same, and says so", async () => {
  const { fetch, env, file } = world();
  await runCommand(["login", "--server", "https://muster.example.org"], { fetch, env, ask: ADA });
  const down = () =>
    Promise.reject(new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: "ECONNREFUSED" }) }));
  const logout = await runCommand(["logout"], { fetch: down, env });
  expect(logout).toMatchObject({ code: 5, stderr: expect.stringContaining("The token is forgotten here") });
  expect(readFileSync(file, "utf8")).not.toContain("session-token");
});

test("a damaged file of logins is named, not overwritten", async () => {
  const { fetch, env, file } = world();
  await runCommand(["login"], { fetch, env, ask: ADA });
  writeFileSync(file, "not json");
  const list = await runCommand(["get", "hosts"], { fetch, env });
  expect(list).toMatchObject({ code: 1, stderr: expect.stringContaining(`${file} does not hold saved logins`) });
  expect(readFileSync(file, "utf8")).toBe("not json");
});
