import { expect, test } from "vitest";
import { fakeServer, runCommand } from "#test/support/cli-io.ts";

const ENV = { HOME: "/nonexistent", MUSTER_SERVER: "https://muster.example.org", MUSTER_TOKEN: "token" };
const PREVIEW = {
  software_count: 2,
  hosts_count: 5,
  software: [{ software_version_id: 1, name: "Rocket", version: "2.1", source: "programs", before: "", after: "" }],
  opened: [],
  closed: [],
  opened_count: 3,
  closed_count: 1,
  unknown_products: [],
  complete: true,
};
const CORRECTION = {
  id: 9,
  created_at: "2026-01-31T12:00:00Z",
  kind: "is",
  products: ["acme:rocket"],
  software_version_id: null,
  software_title_id: 7,
  name_pattern: null,
  source: null,
  edition: null,
  software_name: "Rocket",
  reason: "sure",
  software_count: 2,
  hosts_count: 5,
  author_id: 1,
  author_full_name: "Ada",
  undone_at: null,
  undone_by: null,
};
const meta = { has_next_results: false, has_previous_results: false };
const TITLE = {
  software_title_id: 7,
  name: "Rocket",
  source: "programs",
  vendor: "Acme",
  hosts_count: 5,
  versions_count: 2,
  software_version_id: 1,
  version: "2.1",
  why: "nobody knows",
  suggestions: [{ product: "acme:rocket", score: 0.9 }],
};

function answerOf(path: string, method: string): object {
  if (path.endsWith("/preview")) return PREVIEW;
  if (path.endsWith("/unidentified")) return { count: 1, unidentified: [TITLE], meta };
  if (path.endsWith("/product_catalogue")) {
    return {
      entries_count: 710,
      products_count: 582,
      used_products_count: 5,
      local_files: [{ file: "a.json", products: 0, error: "It is not JSON." }],
    };
  }
  return method === "GET" ? { count: 1, corrections: [CORRECTION], meta } : { correction: CORRECTION };
}

const server = () => fakeServer(({ url, method }) => Response.json(answerOf(url.pathname, method)));

test("a correction shows what comes and goes, asks, and says how to take it back", async () => {
  const { fetch, requests } = server();
  const args = ["identity", "is", "acme:rocket", "--title", "7", "--reason", "sure"];
  const run = await runCommand(args, { fetch, env: ENV, ask: async () => "y" });
  expect(run).toMatchObject({ code: 0, stdout: "Rocket is acme:rocket.\n" });
  expect(run.stderr).toContain("2 versions on 5 devices");
  expect(run.stderr).toContain("3 vulnerabilities would come, 1 vulnerability would go.");
  expect(run.stderr).toContain("muster identity undo 9");
  expect(requests.map(({ url }) => url.pathname.replace(/^.*\/software/, ""))).toEqual([
    "/product_corrections/preview",
    "/product_corrections",
  ]);
});

test("without a yes nothing is changed", async () => {
  const { fetch, requests } = server();
  const args = ["identity", "is-not", "--name-like", "logi bolt*", "--reason", "sure"];
  const run = await runCommand(args, { fetch, env: ENV, ask: async () => "n" });
  expect(run.code).not.toBe(0);
  expect(requests.length).toBe(1);
});

test("lists, undo and the catalogue", async () => {
  const { fetch } = server();
  const run = async (...args: string[]) =>
    (await runCommand(["identity", ...args], { fetch, env: ENV, ask: async () => "y" })).stdout;
  expect(await run("unidentified")).toMatch(/Rocket .*acme:rocket/);
  expect(await run("corrections")).toMatch(/Rocket is acme:rocket .*Ada/);
  expect(await run("undo", "9")).toBe("Undone: Rocket is acme:rocket.\n");
  expect(await run("catalogue")).toContain("a.json: It is not JSON.");
});
