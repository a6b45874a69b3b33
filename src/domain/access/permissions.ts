/** What an endpoint may ask of the caller. Each endpoint declares exactly one; roles map onto them in one place. */
export type Permission =
  | "public" // no credentials at all: version, health, set-up, login
  | "self" // any authenticated user, about themselves
  | "host:read"
  | "host:write"
  | "label:read"
  | "label:write"
  | "software:read"
  | "software:write"
  | "config:read"
  | "config:write"
  | "activity:read"
  | "enroll_secret:read"
  | "enroll_secret:write"
  | "user:read"
  | "user:write";

/** The roles that exist today; finer ones will join this list. */
export const ROLES = ["admin"] as const;
export type Role = (typeof ROLES)[number];

/**
 * May a user of this role do this? One answer for routes and for buttons.
 *
 * @param role null: someone who is logged in and has no role; they may look after their own account
 */
export function can(role: Role | null, permission: Permission): boolean {
  return permission === "public" || permission === "self" || role === "admin";
}
