import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { judge } from "../../support/simulated-osquery/wire.ts";
import { type OsqueryServer, osqueryServer, SECRET, softwareLines } from "./osquery-server.ts";

/** A recorded session. `$name` in a request is replaced by what `keep` took from an earlier reply; `<text>` matches any text. */
interface Transcript {
  title: string;
  steps: {
    request: { path: string; headers: Record<string, string>; body?: unknown; text?: string; base64?: string };
    reply: { status: number; body: unknown };
    keep?: Record<string, string>;
  }[];
  then: { host: Record<string, unknown> | null; software: string[]; failed_sources: Record<string, string> };
}

const FOLDER = resolve(import.meta.dirname, "transcripts");
const NAMES = readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ""));

let server: OsqueryServer;
beforeEach(async () => {
  server = await osqueryServer();
});
afterEach(() => server.close());

test.each(NAMES)("transcript %s", async (name) => {
  const transcript = JSON.parse(readFileSync(resolve(FOLDER, `${name}.json`), "utf8")) as Transcript;
  const kept: Record<string, string> = { secret: SECRET };
  for (const [at, step] of transcript.steps.entries()) {
    const reply = await server.app.inject({ method: "POST", url: step.request.path, ...requestOf(step.request, kept) });
    const body = reply.json<Record<string, unknown>>();
    expect({ at, status: reply.statusCode, body }).toEqual({
      at,
      status: step.reply.status,
      body: expected(step.reply.body, body),
    });
    expect(judge(reply.statusCode, reply.body).failed).toBe(step.reply.status !== 200);
    for (const [variable, field] of Object.entries(step.keep ?? {})) kept[variable] = String(body[field]);
    // in production the buffer is written each second, and an agent polls every five at most
    await server.flush();
  }
  await expectOutcome(transcript.then);
});

async function expectOutcome(then: Transcript["then"]): Promise<void> {
  const hosts = await server.db.selectFrom("hosts").selectAll().execute();
  expect(hosts).toMatchObject(then.host === null ? [] : [then.host]);
  expect(await softwareLines(server.db, hosts[0]?.hostname ?? "")).toEqual(then.software.toSorted());
  const failed = await server.db
    .selectFrom("host_software_sources")
    .select(["source", "error"])
    .where("error", "is not", null)
    .execute();
  expect(Object.fromEntries(failed.map((row) => [row.source, row.error]))).toEqual(then.failed_sources);
}

function requestOf(request: Transcript["steps"][number]["request"], kept: Record<string, string>) {
  const fill = (text: string): string => text.replaceAll(/\$([a-z_]+)/g, (all, variable: string) => kept[variable] ?? all);
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, fill(value)]));
  if (request.base64 !== undefined) return { headers, payload: Buffer.from(request.base64, "base64") };
  // a text payload keeps inject from adding a content type that the agent does not send
  return { headers, payload: request.text ?? fill(JSON.stringify(request.body)) };
}

/** The recorded reply with its wildcards filled from the real one, where they match: the rest must be equal. */
function expected(pattern: unknown, actual: unknown): unknown {
  if (pattern === "<text>") return typeof actual === "string" && actual !== "" ? actual : pattern;
  if (typeof pattern !== "object" || pattern === null || typeof actual !== "object" || actual === null) return pattern;
  if (Array.isArray(pattern)) return pattern.map((item, i) => expected(item, (actual as unknown[])[i]));
  const { "...": others, ...named } = pattern as Record<string, unknown>;
  const real = actual as Record<string, unknown>;
  const filled = Object.fromEntries(Object.entries(named).map(([key, value]) => [key, expected(value, real[key])]));
  return others === true ? { ...real, ...filled } : filled;
}
