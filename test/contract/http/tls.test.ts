import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildApp } from "#server/http/app.ts";
import { createLog } from "#server/observe/log.ts";
import { createMetrics } from "#server/observe/metrics.ts";
import { runCommand } from "#test/support/cli-io.ts";

interface TlsAnswer {
  status: number | undefined;
  headers: Record<string, unknown>;
}

async function get(port: number, ca: string): Promise<TlsAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<TlsAnswer>();
  const call = request({ host: "127.0.0.1", port, path: "/", ca, agent: false }, (response) => {
    response.resume();
    resolve({ status: response.statusCode, headers: response.headers });
  });
  call.on("error", reject).end();
  return promise;
}

test("the server speaks HTTPS with the certificate that `muster tls` makes, to who trusts its CA", async () => {
  const directory = await mkdtemp(join(tmpdir(), "muster-https-"));
  const made = await runCommand(["tls", "--directory", join(directory, "tls")], { now: () => new Date() });
  expect(made.code).toBe(0);
  const file = (name: string): string => join(directory, "tls", name);
  const app = await buildApp({
    routes: [],
    plugins: [],
    authenticate: async () => null,
    config: { publicUrl: null, tlsCert: file("server.pem"), tlsKey: file("server-key.pem") },
    log: createLog("silent"),
    metrics: createMetrics(),
    webRoot: null,
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;

  const answer = await get(port, await readFile(file("ca.pem"), "utf8"));
  expect(answer).toMatchObject({ status: 404, headers: { "strict-transport-security": "max-age=31536000" } });
  await expect(fetch(`https://127.0.0.1:${port}/`)).rejects.toThrow("fetch failed");
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow("fetch failed");
  await app.close();
  await rm(directory, { recursive: true });
});
