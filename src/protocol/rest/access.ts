import { Type } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Empty, IdParams, PageMeta, pagingQuery, Time } from "./paging.ts";

const text = Type.String();
const Email = Type.String({ minLength: 3, maxLength: 254, pattern: "^[^@\\s]+@[^@\\s]+$", description: "An e-mail address." });
const Name = Type.String({ minLength: 1, maxLength: 255 });
const GlobalRole = Type.Union([Type.Literal("admin"), Type.Null()]);
const Password = Type.String({ minLength: 12, maxLength: 512, description: "At least 12 characters." });

/** A user as the API shows it; never any secret (reference fleet-rest-api.md §1.2). */
export const User = Type.Object(
  {
    id: Type.Integer(),
    name: text,
    email: text,
    global_role: Type.Union([text, Type.Null()]),
    teams: Type.Array(Type.Never()),
    fleets: Type.Array(Type.Never()),
    sso_enabled: Type.Boolean(),
    mfa_enabled: Type.Boolean(),
    api_only: Type.Boolean(),
    force_password_reset: Type.Boolean(),
    gravatar_url: text,
    settings: Type.Object({}),
    created_at: Time,
    updated_at: Time,
  },
  { $id: "User" },
);
export type User = Type.Static<typeof User>;

const Me = { user: User, available_teams: Type.Array(Type.Never()), available_fleets: Type.Array(Type.Never()) };

export const setupStatus = endpoint({
  method: "GET",
  path: "/setup",
  permission: "public",
  tag: "Access",
  summary: "Is set-up still to be done?",
  description: "True until the first user exists.",
  response: Type.Object({ setup_required: Type.Boolean() }),
});

export const setup = endpoint({
  method: "POST",
  path: "/setup",
  permission: "public",
  tag: "Access",
  summary: "Create the first administrator",
  description:
    "Only while no user exists, and only with the one-time code that the server printed at its start. Logs the new user in: sets the web session cookie and returns a token. 403 for a wrong or used code; limited like login.",
  body: Type.Object(
    { setup_code: Type.String({ minLength: 1, maxLength: 255 }), name: Name, email: Email, password: Password },
    { additionalProperties: false },
  ),
  response: Type.Object({ ...Me, token: text }),
});

export const login = endpoint({
  method: "POST",
  path: "/login",
  permission: "public",
  tag: "Access",
  summary: "Log in",
  description:
    "Returns a session token for `Authorization: Bearer` and sets the web session cookie (HttpOnly, SameSite=Strict). 401 for a wrong e-mail or password; 429 with `Retry-After` after too many failures.",
  body: Type.Object(
    { email: Type.String({ maxLength: 254 }), password: Type.String({ maxLength: 512 }) },
    { additionalProperties: false },
  ),
  response: Type.Object({ ...Me, token: text }),
});

export const logout = endpoint({
  method: "POST",
  path: "/logout",
  permission: "self",
  tag: "Access",
  summary: "Log out",
  description: "Ends the session that makes this call.",
  response: Empty,
});

export const me = endpoint({
  method: "GET",
  path: "/me",
  permission: "self",
  tag: "Access",
  summary: "Who am I?",
  description: "The user of this session.",
  response: Type.Object(Me),
});

export const version = endpoint({
  method: "GET",
  path: "/version",
  permission: "self",
  tag: "Server",
  summary: "Version of the server",
  description: "`go_version` holds the Node version, for clients that read it.",
  response: Type.Object({
    version: text,
    branch: text,
    revision: text,
    go_version: text,
    node_version: text,
    build_date: text,
    build_user: text,
    demonstration: Type.Boolean({ description: "The devices of this server are simulated (`npm run demo`)." }),
  }),
});

export const listUsers = endpoint({
  method: "GET",
  path: "/users",
  permission: "user:read",
  tag: "Access",
  summary: "List users",
  description: "People and API-only users.",
  query: pagingQuery(["name", "email", "id", "created_at"], {}),
  accepted: ["team_id", "fleet_id"],
  response: Type.Object({ users: Type.Array(User), meta: PageMeta }),
});

export const createUser = endpoint({
  method: "POST",
  path: "/users/admin",
  permission: "user:write",
  tag: "Access",
  summary: "Create a user",
  description:
    "An API-only user gets a token that does not expire; it is returned here once and never again. The role is `admin` unless `null` is given: a user without a role sees only themselves. Single sign-on and mail codes are not available (422).",
  body: Type.Object(
    {
      name: Name,
      email: Email,
      password: Type.Optional(
        Type.String({
          minLength: 12,
          maxLength: 512,
          description:
            "At least 12 characters. Required for people; an API-only user has none, and it is accepted without effect.",
        }),
      ),
      global_role: Type.Optional(GlobalRole),
      api_only: Type.Optional(Type.Boolean()),
      sso_enabled: Type.Optional(Type.Boolean()),
      mfa_enabled: Type.Optional(Type.Boolean()),
      admin_forced_password_reset: Type.Optional(Type.Boolean({ description: "Accepted for clients of Fleet; without effect." })),
    },
    { additionalProperties: false },
  ),
  response: Type.Object({ user: User, token: Type.Optional(text) }),
});

export const getUser = endpoint({
  method: "GET",
  path: "/users/:id",
  permission: "user:read",
  tag: "Access",
  summary: "Get a user",
  description: "One user.",
  params: IdParams,
  response: Type.Object({ user: User, available_teams: Type.Array(Type.Never()), available_fleets: Type.Array(Type.Never()) }),
});

export const updateUser = endpoint({
  method: "PATCH",
  path: "/users/:id",
  permission: "user:write",
  tag: "Access",
  summary: "Change a user",
  description:
    "Name, e-mail, role or password. A new password ends all of the user's other sessions. The last administrator keeps the role (422).",
  params: IdParams,
  body: Type.Object(
    {
      name: Type.Optional(Name),
      email: Type.Optional(Email),
      global_role: Type.Optional(GlobalRole),
      new_password: Type.Optional(Password),
      password: Type.Optional(
        Type.String({ maxLength: 512, description: "The caller's current password; needed to change one's own." }),
      ),
    },
    { additionalProperties: false },
  ),
  response: Type.Object({ user: User }),
});

export const deleteUser = endpoint({
  method: "DELETE",
  path: "/users/:id",
  permission: "user:write",
  tag: "Access",
  summary: "Delete a user",
  description: "Ends all of the user's sessions. The last administrator cannot be deleted (422).",
  params: IdParams,
  response: Empty,
});

const Session = Type.Object({ session_id: Type.Integer(), user_id: Type.Integer(), created_at: Time, accessed_at: Time });

export const getSession = endpoint({
  method: "GET",
  path: "/sessions/:id",
  permission: "user:read",
  tag: "Access",
  summary: "Get a session",
  description: "One session, without its token.",
  params: IdParams,
  response: Session,
});
export const deleteSession = endpoint({
  method: "DELETE",
  path: "/sessions/:id",
  permission: "user:write",
  tag: "Access",
  summary: "End a session",
  description: "The token stops working at once.",
  params: IdParams,
  response: Empty,
});
export const listUserSessions = endpoint({
  method: "GET",
  path: "/users/:id/sessions",
  permission: "user:read",
  tag: "Access",
  summary: "List a user's sessions",
  description: "The 1,000 most recently used.",
  params: IdParams,
  response: Type.Object({ sessions: Type.Array(Session) }),
});
export const deleteUserSessions = endpoint({
  method: "DELETE",
  path: "/users/:id/sessions",
  permission: "user:write",
  tag: "Access",
  summary: "End all of a user's sessions",
  description: "API tokens of an API-only user included.",
  params: IdParams,
  response: Empty,
});
