import * as access from "#protocol/rest/access.ts";
import { applyEnrollSecrets, getEnrollSecrets } from "#protocol/rest/enroll-secrets.ts";
import { VERSION } from "#domain/core/version.ts";
import { notFound, unauthorized } from "../http/errors.ts";
import { pageOf, pageResult } from "../http/paging.ts";
import { route } from "../http/route.ts";
import type { Caller, Route } from "../http/route.ts";
import { createUser } from "./create-user.ts";
import { deleteUser } from "./delete-user.ts";
import type { AccessDeps } from "./deps.ts";
import { enrollSecretList } from "./enroll-secret-store.ts";
import { logIn } from "./log-in.ts";
import { presentMe, presentUser } from "./present-user.ts";
import { replaceEnrollSecrets } from "./replace-enroll-secrets.ts";
import { sessionById, sessionDelete, sessionList, userSessionsDelete } from "./session-store.ts";
import type { SessionRow } from "./session-store.ts";
import { setUp } from "./set-up.ts";
import { updateUser } from "./update-user.ts";
import { personExists, userById, userList } from "./user-store.ts";
import type { UserRow } from "./user-store.ts";

/** Everything about who may use Muster: set-up, login, users, sessions, and the secrets with which devices enrol. */
export function accessRoutes(deps: AccessDeps): Route[] {
  return [...loginRoutes(deps), ...userRoutes(deps), ...sessionRoutes(deps), ...enrollSecretRoutes(deps)];
}

function loginRoutes(deps: AccessDeps): Route[] {
  return [
    route(access.setupStatus, async () => ({ setup_required: !(await personExists(deps.db)) })),
    route(access.setup, async ({ body, request, reply }) => {
      const { user, token } = await setUp(deps, body, request.ip);
      deps.cookie.set(reply, token);
      return { ...presentMe(user), token };
    }),
    route(access.login, async ({ body, request, reply }) => {
      const { user, token } = await logIn(deps, body, request.ip);
      deps.cookie.set(reply, token);
      return { ...presentMe(user), token };
    }),
    route(access.logout, async ({ caller, reply }) => {
      await sessionDelete(deps.db, self(caller).session_id);
      deps.cookie.clear(reply);
      return {};
    }),
    route(access.me, async ({ caller }) => presentMe(await existingUser(deps, self(caller).user_id))),
    route(access.version, async () => ({
      version: VERSION,
      branch: "",
      revision: "",
      go_version: process.version,
      node_version: process.version,
      build_date: "",
      build_user: "",
      demonstration: deps.demonstration === true,
    })),
  ];
}

function userRoutes(deps: AccessDeps): Route[] {
  return [
    route(access.listUsers, async ({ query }) => {
      const page = pageOf(query, { orderKeys: ["name", "email", "id", "created_at"], defaultKey: "name" });
      const { rows, meta } = pageResult(await userList(deps.db, query.query, page), page);
      return { users: rows.map(presentUser), meta };
    }),
    route(access.createUser, async ({ body, caller }) => {
      const { user, ...token } = await createUser(deps, body, caller);
      return { user: presentUser(user), ...token };
    }),
    route(access.getUser, async ({ params }) => presentMe(await existingUser(deps, params.id))),
    route(access.updateUser, async ({ params, body, caller, request }) => ({
      user: presentUser(await updateUser(deps, params.id, body, { caller, address: request.ip })),
    })),
    route(access.deleteUser, async ({ params, caller }) => {
      await deleteUser(deps, params.id, caller);
      return {};
    }),
  ];
}

function sessionRoutes(deps: AccessDeps): Route[] {
  return [
    route(access.getSession, async ({ params }) => {
      const session = await sessionById(deps.db, params.id, deps.now());
      if (session === null) throw notFound("id", "There is no such session.");
      return presentSession(session);
    }),
    route(access.deleteSession, async ({ params }) => {
      if (!(await sessionDelete(deps.db, params.id))) throw notFound("id", "There is no such session.");
      return {};
    }),
    route(access.listUserSessions, async ({ params }) => {
      const { id } = await existingUser(deps, params.id);
      return { sessions: (await sessionList(deps.db, id, deps.now())).map(presentSession) };
    }),
    route(access.deleteUserSessions, async ({ params }) => {
      const { id } = await existingUser(deps, params.id);
      await userSessionsDelete(deps.db, id);
      return {};
    }),
  ];
}

function enrollSecretRoutes(deps: AccessDeps): Route[] {
  return [
    route(getEnrollSecrets, async () => {
      const secrets = await enrollSecretList(deps.db);
      const shown = secrets.map(({ secret, created_at }) => ({ secret, created_at: created_at.toISOString(), team_id: null }));
      return { spec: { secrets: shown } };
    }),
    route(applyEnrollSecrets, async ({ body, caller }) => {
      const secrets = body.spec.secrets.map(({ secret }) => secret);
      await replaceEnrollSecrets(deps, secrets, caller);
      return {};
    }),
  ];
}

function presentSession({ id, user_id, created_at, accessed_at }: SessionRow) {
  return { session_id: id, user_id, created_at: created_at.toISOString(), accessed_at: accessed_at.toISOString() };
}

async function existingUser({ db }: AccessDeps, id: number): Promise<UserRow> {
  const user = await userById(db, id);
  if (user === null) throw notFound("id", "There is no such user.");
  return user;
}

/** Endpoints of the permission `self` always have a caller; the type does not know. */
function self(caller: Caller | null): Caller {
  if (caller === null) throw unauthorized("base", "Log in first.");
  return caller;
}
