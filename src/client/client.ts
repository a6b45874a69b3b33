import type { Endpoint, EndpointInput, EndpointResult } from "#protocol/endpoint.ts";
import type { ErrorBody } from "#protocol/rest/errors.ts";

/** The parts of an endpoint's input that it really has. */
export type CallInput<E> = PresentParts<EndpointInput<E>>;
type PresentParts<I> = { [K in keyof I as keyof I[K] extends never ? never : K]: I[K] };
// `any` because an endpoint's four schemas vary independently; the concrete types come back through CallInput and EndpointResult.
// oxlint-disable-next-line typescript/no-explicit-any
type SomeEndpoint = Endpoint<any, any, any, any>;

/** An endpoint of `#protocol/rest` without its schemas: all that a call needs at run time (see api.ts). */
export interface EndpointReference<E> {
  method: SomeEndpoint["method"];
  path: string;
  /** Never set: carries the endpoint's types. */
  readonly endpoint?: E;
}

/** Ends a call early: given by React Query and by command line programs that are interrupted. */
interface CallOptions {
  signal?: AbortSignal;
}

export interface ClientOptions {
  /** Origin of the server, for example `https://muster.example.org`; empty in the browser (same origin). */
  baseUrl: string;
  /** Bearer token; without it the browser's session cookie is used. */
  token?: string;
  fetch?: typeof fetch;
}

/** A REST call that the server refused, or that did not reach it (`status` 0). */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly body: ErrorBody | null;
  /** Seconds until a new attempt makes sense, when the server said so. */
  readonly retryAfter: number | null;

  constructor(status: number, message: string, body: ErrorBody | null, retryAfter: number | null = null, cause?: unknown) {
    super(message, { cause });
    this.status = status;
    this.body = body;
    this.retryAfter = retryAfter;
  }
}

export interface Client {
  /**
   * Calls an endpoint of `#protocol/rest`.
   *
   * @example const { hosts } = await client.call(listHosts, { query: { per_page: 10 } });
   * @throws {ApiError} when the server refuses the call or cannot be reached.
   */
  call<E extends SomeEndpoint>(
    endpoint: E | EndpointReference<E>,
    ...input: keyof CallInput<E> extends never ? [CallOptions?] : [CallInput<E> & CallOptions]
  ): Promise<EndpointResult<E>>;
  /**
   * Asks for a file; its body is read by the caller, piece by piece. A body that ends early is an error while reading it.
   *
   * @throws {ApiError} when the server refuses the call or cannot be reached.
   */
  download<E extends SomeEndpoint>(endpoint: EndpointReference<E>, input: CallInput<E> & CallOptions): Promise<Response>;
}

/** The address of an endpoint with its parameters, below the server's origin: for links that a browser downloads itself. */
export function addressOf<E extends SomeEndpoint>(endpoint: EndpointReference<E>, input: Partial<CallInput<E>>): string {
  const { params = {}, query = {} } = input as UntypedInput;
  return `/api/latest/fleet${fillPath(endpoint.path, params)}${queryString(query)}`;
}

type UntypedInput = CallOptions & { params?: object; query?: object; body?: unknown };

export function createClient(options: ClientOptions): Client {
  const send = options.fetch ?? fetch;
  return {
    async call(endpoint, ...[input]) {
      const { params = {}, query = {}, body, signal } = (input ?? {}) as UntypedInput;
      const url = `${options.baseUrl}/api/latest/fleet${fillPath(endpoint.path, params)}${queryString(query)}`;
      const headers = headersOf(options, "application/json");
      if (body !== undefined) headers["content-type"] = "application/json";
      const init: RequestInit = { method: endpoint.method, headers };
      if (body !== undefined) init.body = JSON.stringify(body);
      if (signal !== undefined) init.signal = signal;
      return (await answerOf(await reach(send, url, init))) as never;
    },
    async download(endpoint, input) {
      const { signal } = input as UntypedInput;
      const init: RequestInit = { method: endpoint.method, headers: headersOf(options, "*/*") };
      if (signal !== undefined) init.signal = signal;
      const response = await reach(send, options.baseUrl + addressOf(endpoint, input), init);
      if (!response.ok) await answerOf(response);
      return response;
    },
  };
}

function headersOf({ token }: ClientOptions, accept: string): Record<string, string> {
  return { accept, "x-muster-client": "1", ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
}

function fillPath(path: string, params: object): string {
  const values = new Map<string, unknown>(Object.entries(params));
  return path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(values.get(name))));
}

function queryString(query: object): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs.map(([k, v]) => [k, String(v)])).toString()}`;
}

async function reach(send: typeof fetch, url: string, init: RequestInit): Promise<Response> {
  try {
    return await send(url, init);
  } catch (error) {
    if (init.signal?.aborted === true) throw error; // the caller's own wish, not a failure of the server
    throw new ApiError(0, "The server cannot be reached.", null, null, error);
  }
}

async function answerOf(response: Response): Promise<unknown> {
  const text = await response.text();
  const body = parseJson(text);
  if (response.ok) return body ?? {};
  const error = isErrorBody(body) ? body : null;
  const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
  const message = error?.errors[0]?.reason ?? error?.message ?? `The server answered ${response.status}.`;
  throw new ApiError(response.status, message, error, Number.isFinite(retryAfter) ? retryAfter : null);
}

function parseJson(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return null; // not JSON: a proxy's error page; the status says enough
  }
}

function isErrorBody(body: unknown): body is ErrorBody {
  return typeof body === "object" && body !== null && "message" in body && "errors" in body && Array.isArray(body.errors);
}
