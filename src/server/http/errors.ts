/** One thing that is wrong with a call: the field at fault (or `base`) and what to do about it. */
export interface FieldError {
  name: string;
  reason: string;
}

const MESSAGES: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Authentication required",
  403: "Forbidden",
  404: "Resource Not Found",
  409: "Conflict",
  413: "Request body too large",
  415: "Unsupported media type",
  422: "Validation Failed",
  429: "Too many requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** The words that stand for a status in the documented error shape (reference fleet-rest-api.md §1.1). */
export function messageOf(status: number): string {
  return MESSAGES[status] ?? (status >= 500 ? "Internal Server Error" : "Bad request");
}

/**
 * A refusal that the caller may read: thrown by handlers and use cases, turned into the documented error body by http/app.ts.
 * Its reasons are plain sentences that name the remedy; they never hold secrets or internals.
 */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;
  readonly errors: FieldError[];
  /** The body's `message`; the status's own words unless said otherwise. */
  readonly title: string;
  /** Seconds until a new attempt makes sense; sent as `Retry-After`. */
  readonly retryAfterSeconds?: number;

  constructor(status: number, errors: FieldError[], retryAfterSeconds?: number, title?: string) {
    super(errors[0] === undefined ? messageOf(status) : `${errors[0].name}: ${errors[0].reason}`);
    this.status = status;
    this.errors = errors;
    this.title = title ?? messageOf(status);
    if (retryAfterSeconds !== undefined) this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** 400: the request itself is wrong (syntax, an unknown or malformed parameter). */
export function badRequest(name: string, reason: string): HttpError {
  return new HttpError(400, [{ name, reason }]);
}

/** 401: no valid credentials; `title` when the body shall say something else than "Authentication required". */
export function unauthorized(name: string, reason: string, title?: string): HttpError {
  return new HttpError(401, [{ name, reason }], undefined, title);
}

/** 403: known, and not allowed. */
export function forbidden(name: string, reason: string): HttpError {
  return new HttpError(403, [{ name, reason }]);
}

/** 404: does not exist, or not for this caller. */
export function notFound(name: string, reason: string): HttpError {
  return new HttpError(404, [{ name, reason }]);
}

/** 409: contradicts what exists (a name that is taken). */
export function conflict(name: string, reason: string): HttpError {
  return new HttpError(409, [{ name, reason }]);
}

/** 422: well-formed, but its content breaks a rule. */
export function unprocessable(name: string, reason: string): HttpError {
  return new HttpError(422, [{ name, reason }]);
}

/** 429: too often; `seconds` (rounded up, at least 1) becomes the `Retry-After` header. */
export function tooManyRequests(seconds: number, name: string, reason: string): HttpError {
  return new HttpError(429, [{ name, reason }], Math.max(1, Math.ceil(seconds)));
}
