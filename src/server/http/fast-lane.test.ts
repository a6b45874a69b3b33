import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createMetrics, type Metrics } from "#server/observe/metrics.ts";
import { createFastLaneServer, type FastCall } from "./fast-lane.ts";

let server: ReturnType<typeof createFastLaneServer>;
let url: string;
let metrics: Metrics;
let usual: string[];

const CALL: FastCall = {
  path: "/fast",
  bodyBytesMax: 100,
  answer: (body) => {
    const said = body.toString();
    if (said === "broken") throw new Error("broken");
    if (said.startsWith("later")) return Promise.resolve(said === "later no" ? null : '{"later":true}');
    return said === "yes" ? "{}" : null;
  },
};

beforeEach(async () => {
  usual = [];
  metrics = createMetrics();
  const handler = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const said = `${request.method} ${await text(request)}`;
    usual.push(said);
    response.writeHead(201).end(said);
  };
  server = createFastLaneServer((request, response) => void handler(request, response), [CALL], {
    tls: null,
    requestTimeoutMs: 10_000,
    metrics,
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function post(path: string, body: string): Promise<[number, string]> {
  const reply = await fetch(`${url}${path}`, { method: "POST", body });
  return [reply.status, await reply.text()];
}

test("a simple call is answered at once, counted, and never seen by the application", async () => {
  expect(await post("/fast", "yes")).toEqual([200, "{}"]);
  expect(await post("/fast", "later yes")).toEqual([200, '{"later":true}']);
  expect(usual).toEqual([]);
  expect(await metrics.text()).toContain('muster_http_request_seconds_count{method="POST",route="/fast",status="200"} 2');
});

test("what is not simple reaches the application whole, as does everything else", async () => {
  expect(await post("/fast", "no")).toEqual([201, "POST no"]);
  expect(await post("/fast", "later no")).toEqual([201, "POST later no"]);
  expect(await post("/fast", "broken")).toEqual([201, "POST broken"]);
  expect(await post("/fast", "y".repeat(101))).toEqual([201, `POST ${"y".repeat(101)}`]);
  expect(await post("/other", "yes")).toEqual([201, "POST yes"]);
  expect(await post("/fast", "")).toEqual([201, "POST "]);
  expect((await fetch(`${url}/fast`)).status).toBe(201);
});

test("one connection may bring both kinds in turn, in pieces", async () => {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  let received = "";
  socket.on("data", (chunk) => (received += chunk.toString()));
  const head = (length: number): string => `POST /fast HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n`;
  socket.write(`${head(3)}y`);
  await new Promise((resolve) => setTimeout(resolve, 20));
  socket.write("es");
  while (!received.endsWith("{}")) await once(socket, "data");
  socket.write(`${head(2)}n`);
  await new Promise((resolve) => setTimeout(resolve, 20));
  socket.write(`o${head(3)}yes`);
  while (!/POST no[^]*\{\}$/.test(received)) await once(socket, "data");
  expect(usual).toEqual(["POST no"]);
  socket.destroy();
});
