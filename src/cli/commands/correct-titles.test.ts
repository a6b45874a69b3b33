import { expect, test } from "vitest";
import { fakeServer, runCommand } from "#test/support/cli-io.ts";

const ENV = { HOME: "/nonexistent", MUSTER_SERVER: "https://muster.example.org", MUSTER_TOKEN: "token" };
const ZOOM = { id: 7, name: "Zoom Workplace", source: "programs", hosts_count: 3, versions_count: 2 };
const PREVIEW = { before: [ZOOM], after: [{ ...ZOOM, hosts_count: 5 }], versions_count: 4, hosts_count: 2, versions: [] };
const CORRECTION = {
  id: 9,
  created_at: "2026-01-31T12:00:00Z",
  type: "merge",
  titles: [{ id: 12, name: "Zoom" }],
  into: { id: 7, name: "Zoom Workplace" },
  name: null,
  name_starts_with: null,
  version_starts_with: null,
  vendor: null,
  versions_count: 4,
  hosts_count: 2,
  actor_full_name: "Ada",
  undone_at: null,
  undone_by: null,
  blocked_by: null,
};

function server() {
  return fakeServer(({ url }) =>
    Response.json(
      url.pathname.endsWith("/preview")
        ? PREVIEW
        : url.pathname.endsWith("/corrections") && url.search !== ""
          ? { count: 1, corrections: [CORRECTION], meta: { has_next_results: false, has_previous_results: false } }
          : { correction: CORRECTION },
    ),
  );
}

test("a merge shows what moves, asks, and says how to take it back", async () => {
  const { fetch, requests } = server();
  const run = await runCommand(["titles", "merge", "12", "13", "--into", "7"], { fetch, env: ENV, ask: async () => "y" });
  expect(run).toMatchObject({ code: 0, stdout: "Merged Zoom into Zoom Workplace.\n" });
  expect(run.stderr).toContain("4 versions on 2 devices will move.");
  expect(run.stderr).toContain("muster titles undo 9");
  expect(requests.map((r) => r.body)).toEqual([
    { correction: { type: "merge", title_ids: [12, 13], into_title_id: 7 } },
    { correction: { type: "merge", title_ids: [12, 13], into_title_id: 7 } },
  ]);
});

test("nothing is changed without a yes, by a dry run, or where nobody can be asked", async () => {
  for (const [argv, ask, code] of [
    [["rename", "7", "Zoom"], "no", 1],
    [["rename", "7", "Zoom"], null, 2],
    [["rename", "7", "Zoom", "--dry-run"], "y", 0],
  ] as const) {
    const { fetch, requests } = server();
    const run = await runCommand(["titles", ...argv], { fetch, env: ENV, ask: async () => ask });
    expect(run.code).toBe(code);
    expect(requests.map((r) => r.url.pathname)).toEqual(["/api/latest/fleet/software/titles/corrections/preview"]);
  }
});

test("a split sends its conditions; corrections are listed and undone", async () => {
  const { fetch, requests } = server();
  const split = ["titles", "split", "7", "--name", "Zoom VDI", "--name-starts-with", "Zoom VDI", "--vendor", "Zoom", "--yes"];
  expect((await runCommand(split, { fetch, env: ENV })).code).toBe(0);
  expect(requests[0]?.body).toEqual({
    correction: { type: "split", title_id: 7, name: "Zoom VDI", name_starts_with: "Zoom VDI", vendor: "Zoom" },
  });
  const list = await runCommand(["titles", "corrections", "--title", "7"], { fetch, env: ENV });
  expect(list.stdout).toContain("Merged Zoom into Zoom Workplace");
  expect(requests.at(-1)?.url.searchParams.get("title_id")).toBe("7");
  const undo = await runCommand(["titles", "undo", "9", "--yes"], { fetch, env: ENV });
  expect(undo.stdout).toBe("Undone: Merged Zoom into Zoom Workplace.\n");
  expect(requests.at(-1)?.url.pathname).toBe("/api/latest/fleet/software/titles/corrections/9/undo");
});
