import type { FastifyReply, FastifyRequest } from "fastify";

/** The browser forgets after this; the server forgets earlier (access/sessions), which is what counts. */
const MAX_AGE_SECONDS = 400 * 86_400;

/** What of the configuration decides how browsers reach this server. */
export interface Reachability {
  publicUrl: string | null;
  tlsCert: string | null;
}

/** The cookie that carries the web UI's session token. */
export interface SessionCookie {
  read(request: FastifyRequest): string | null;
  set(reply: FastifyReply, token: string): void;
  clear(reply: FastifyReply): void;
}

/** Do browsers reach this server over HTTPS, directly or through a proxy? */
export function isHttps({ publicUrl, tlsCert }: Reachability): boolean {
  return publicUrl === null ? tlsCert !== null : publicUrl.startsWith("https:");
}

/**
 * The session cookie: unreadable to scripts (HttpOnly), never sent along from other sites (SameSite=Strict), and under HTTPS
 * bound to this very host (`__Host-`, Secure), so that no neighbour domain can plant one.
 */
export function createSessionCookie(config: Reachability): SessionCookie {
  const secure = isHttps(config);
  const name = secure ? "__Host-muster_session" : "muster_session";
  const attributes = { path: "/", httpOnly: true, sameSite: "strict", secure } as const;
  return {
    read: (request) => request.cookies[name] ?? null,
    set: (reply, token) => void reply.setCookie(name, token, { ...attributes, maxAge: MAX_AGE_SECONDS }),
    clear: (reply) => void reply.clearCookie(name, attributes),
  };
}
