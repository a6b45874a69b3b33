import type { User } from "#protocol/rest/access.ts";
import type { Caller } from "../http/route.ts";
import type { UserRow } from "./user-store.ts";

/** A user in the API's shape (reference fleet-rest-api.md §1.2). */
export function presentUser(row: UserRow): User {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    global_role: row.global_role,
    teams: [],
    fleets: [],
    sso_enabled: false,
    mfa_enabled: false,
    api_only: row.api_only,
    force_password_reset: false,
    gravatar_url: "",
    settings: {},
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

/** A user with what Fleet's clients expect beside it; Muster has no teams. */
export function presentMe(row: UserRow): { user: User; available_teams: never[]; available_fleets: never[] } {
  return { user: presentUser(row), available_teams: [], available_fleets: [] };
}

/** A user as the actor of an activity. */
export function actorOf(row: UserRow): Pick<Caller, "user_id" | "name" | "email" | "api_only"> {
  return { user_id: row.id, name: row.name, email: row.email, api_only: row.api_only };
}
