import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** A request with this header never gets its answer. */
export const CUT_HEADER = "x-simulated-cut";

/** A TCP proxy before a server that loses what it is told to lose. */
export interface CutProxy {
  url: string;
  /** The next answers never reach who asked: the connection is cut when the first byte of an answer comes, so the work is done. */
  cutReplies(count: number): void;
  /** Answers that were cut so far. */
  cut(): number;
  close(): Promise<void>;
}

export async function cutProxy(target: string): Promise<CutProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let toCut = 0;
  let cut = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    let isMarked = false;
    client.on("data", (chunk) => {
      isMarked ||= chunk.includes(CUT_HEADER);
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (toCut === 0 && !isMarked) {
        client.write(chunk);
        return;
      }
      if (!isMarked) toCut -= 1;
      cut += 1;
      client.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cutReplies: (count) => void (toCut = count),
    cut: () => cut,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
