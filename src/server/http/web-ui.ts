import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { notFound } from "./errors.ts";
import { replyError } from "./error-reply.ts";

const NOT_BUILT =
  "Muster's web UI was not built. Run `npm run build` in Muster's folder and load this page again; the API works all the same.\n";
const YEAR_MS = 365 * 86_400 * 1000;

/** Serves the built web UI: files whose names hold a hash are kept for good, the page itself is asked for each time. */
export async function serveWebUi(app: FastifyInstance, webRoot: string | null): Promise<void> {
  const answerNotFound = createNotFoundHandler(webRoot);
  app.setNotFoundHandler(answerNotFound);
  app.get("/", answerNotFound);
  if (webRoot === null || !existsSync(webRoot)) return;
  await app.register(fastifyStatic, {
    root: webRoot,
    index: false,
    dotfiles: "ignore",
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply, path) => {
      const hashed = path.startsWith(join(webRoot, "assets"));
      void reply.header("cache-control", hashed ? `public, max-age=${YEAR_MS / 1000}, immutable` : "no-cache");
    },
  });
}

/**
 * Answers what no route does: an unknown API path in the error shape; any other page address with the UI's page, whose router
 * knows it; an unknown file with 404.
 */
function createNotFoundHandler(webRoot: string | null) {
  return async function answerNotFound(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const path = request.url.split("?", 1)[0] ?? "/";
    if (path === "/api" || path.startsWith("/api/")) {
      return replyError(notFound("base", "No such call. The API is described at /api/docs."), request, reply);
    }
    const isPage = isPageAddress(path, request);
    if (!isPage) return replyError(notFound("base", "No such file."), request, reply);
    const page = webRoot === null ? null : await readPage(join(webRoot, "index.html"));
    if (page === null) return reply.code(404).type("text/plain; charset=utf-8").send(NOT_BUILT);
    return reply.code(200).header("cache-control", "no-cache").type("text/html; charset=utf-8").send(page);
  };
}

/** A page, unlike a file, has no extension; a browser that navigates says that it wants HTML, dots or not. */
function isPageAddress(path: string, request: FastifyRequest): boolean {
  if (request.method !== "GET" && request.method !== "HEAD") return false;
  if (path.startsWith("/assets/")) return false;
  return !/\.\w+$/.test(path) || (request.headers.accept ?? "").includes("text/html");
}

async function readPage(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
