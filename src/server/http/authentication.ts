import type { FastifyRequest } from "fastify";
import { can } from "#domain/access/permissions.ts";
import type { AnyEndpoint } from "#protocol/endpoint.ts";
import { forbidden, unauthorized } from "./errors.ts";
import type { Caller } from "./route.ts";
import type { SessionCookie } from "./session-cookie.ts";

/** Whose token is this? null: nobody's, or no longer. */
export type Authenticate = (token: string) => Promise<Caller | null>;

/** Sent by Muster's own client. A page of another site cannot add it without this server's consent (CORS preflight). */
export const CLIENT_HEADER = "x-muster-client";

const TOKEN_LENGTH_MAX = 512;

interface Credentials {
  token: string;
  from: "header" | "cookie";
}

/**
 * Decides whether a request may call an endpoint, before its body is read.
 *
 * @returns the caller; null for public endpoints
 * @throws {HttpError} 401 without valid credentials, 403 when the role does not allow it or a browser's request may be forged
 */
export async function authoriseRequest(
  request: FastifyRequest,
  endpoint: AnyEndpoint,
  { authenticate, cookie, publicUrl }: { authenticate: Authenticate; cookie: SessionCookie; publicUrl: string | null },
): Promise<Caller | null> {
  if (endpoint.permission === "public") return null;
  const credentials = credentialsOf(request, cookie);
  if (credentials === null) {
    throw unauthorized("base", "Log in, or send an API token in the header `Authorization: Bearer <token>`.");
  }
  const caller = credentials.token.length > TOKEN_LENGTH_MAX ? null : await authenticate(credentials.token);
  if (caller === null)
    throw unauthorized("base", "The session or token is not valid (any more). Log in again, or use another token.");
  if (credentials.from === "cookie") refuseForgery(request, publicUrl);
  if (!can(caller.global_role, endpoint.permission)) {
    throw forbidden("base", "forbidden: your role does not allow this. Ask an administrator.");
  }
  return caller;
}

/** A header wins over the cookie, and a wrong header is not rescued by a good cookie: the caller said who it is. */
function credentialsOf(request: FastifyRequest, cookie: SessionCookie): Credentials | null {
  const header = request.headers.authorization;
  if (header !== undefined) {
    const [, token] = /^bearer +(\S+)$/i.exec(header.trim()) ?? [];
    return token === undefined ? null : { token, from: "header" };
  }
  const token = cookie.read(request);
  return token === null || token === "" ? null : { token, from: "cookie" };
}

/**
 * Cross-site request forgery: browsers send cookies along by themselves, so a cookie alone does not prove that our own page made
 * the request. The client's header does, and the Origin, where the browser sends it, must be ours.
 */
function refuseForgery(request: FastifyRequest, publicUrl: string | null): void {
  if (request.method === "GET" || request.method === "HEAD") return;
  if (request.headers[CLIENT_HEADER] === undefined) {
    throw forbidden(CLIENT_HEADER, `A change through the session cookie needs the header ${CLIENT_HEADER}; or use an API token.`);
  }
  const origin = request.headers.origin;
  if (origin === undefined || origin === publicUrl || URL.parse(origin)?.host === request.host) return;
  throw forbidden("origin", "The request comes from another site. Open Muster at its own address (MUSTER_PUBLIC_URL).");
}
