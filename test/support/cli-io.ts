import type { CliIo } from "#cli/io.ts";
import { runCli } from "#cli/main.ts";

/** One request that the command line made. */
export interface SentRequest {
  method: string;
  url: URL;
  headers: Headers;
  body: unknown;
}

/** Surroundings for one command line: everything it prints is kept, nobody is asked, nothing is found in the environment. */
export interface CliRun {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command line in this process. */
export async function runCommand(argv: readonly string[], overrides: Partial<CliIo> = {}): Promise<CliRun> {
  const out: string[] = [];
  const err: string[] = [];
  const io: CliIo = {
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    env: { HOME: "/nonexistent" },
    isTty: false,
    fetch: () => Promise.reject(new Error("no server in this test")),
    now: () => new Date("2026-01-31T12:00:00Z"),
    ask: () => Promise.resolve(null),
    readStdin: () => Promise.resolve(""),
    ...overrides,
  };
  const code = await runCli(argv, io);
  return { code, stdout: out.join(""), stderr: err.join("") };
}

/** A fetch that answers from a function and keeps what was asked. */
export function fakeServer(answer: (request: SentRequest) => Response): { fetch: typeof fetch; requests: SentRequest[] } {
  const requests: SentRequest[] = [];
  return {
    requests,
    fetch: async (input, init) => {
      const text = typeof init?.body === "string" ? init.body : "null";
      const request: SentRequest = {
        method: init?.method ?? "GET",
        url: new URL(input instanceof Request ? input.url : input),
        headers: new Headers(init?.headers),
        body: JSON.parse(text),
      };
      requests.push(request);
      return answer(request);
    },
  };
}

/** An error of the API in the documented shape. */
export function refusal(status: number, reason: string, headers: Record<string, string> = {}): Response {
  const body = { message: "Refused", errors: [{ name: "base", reason }], uuid: "0199" };
  return Response.json(body, { status, headers });
}
