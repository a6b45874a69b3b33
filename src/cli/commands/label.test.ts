import { expect, test } from "vitest";
import { ENDPOINTS } from "#protocol/rest/endpoints.ts";
import { fakeServer, runCommand } from "#test/support/cli-io.ts";
import { LABEL_KEYS } from "./get-labels.ts";

const ENV = { HOME: "/nonexistent", MUSTER_SERVER: "https://muster.example.org", MUSTER_TOKEN: "token" };
const LABEL = {
  id: 7,
  name: "Pilots",
  description: "First to get it",
  label_type: "regular",
  label_membership_type: "manual",
  count: 2,
};
const NAMES = { labels: [{ id: 7, name: "Pilots", description: "", label_type: "regular", team_id: null }] };

test("labels are listed with their kind and number of devices, in the protocol's orders", async () => {
  const properties = ENDPOINTS["listLabels"]?.query.properties as { order_key?: { anyOf: { const: string }[] } } | undefined;
  expect([...LABEL_KEYS]).toEqual(properties?.order_key?.anyOf.map((one) => one.const));
  const meta = { has_next_results: false, has_previous_results: false };
  const { fetch, requests } = fakeServer(() => Response.json({ labels: [LABEL], count: 1, meta }));
  const { code, stdout } = await runCommand(["get", "labels", "--query", "pil"], { env: ENV, fetch });
  expect(code).toBe(0);
  expect(requests[0]?.url.searchParams.get("query")).toBe("pil");
  expect(stdout).toMatch(/ID +NAME +KIND +DEVICES +DESCRIPTION\n +7 +Pilots +manual +2 +First to get it/);
});

test("a label is created by rule, whose JSON comes from the standard input", async () => {
  const { fetch, requests } = fakeServer(() => Response.json({ label: { ...LABEL, evaluated_at: null } }));
  const criteria = { vital: "platform", value: "ubuntu" };
  const readStdin = () => Promise.resolve(JSON.stringify(criteria));
  const { code, stderr } = await runCommand(["label", "create", "Pilots", "--criteria", "-"], { env: ENV, fetch, readStdin });
  expect(code).toBe(0);
  expect(requests[0]).toMatchObject({ method: "POST", body: { name: "Pilots", criteria } });
  expect(stderr).toContain("Label 7 (Pilots) created: its devices are being looked for.");
});

test("devices are put in and taken out by the label's name; a label that does not exist is said", async () => {
  const { fetch, requests } = fakeServer(({ url }) =>
    Response.json(url.pathname.endsWith("/summary") ? NAMES : { added: 2, removed: 1 }),
  );
  const added = await runCommand(["label", "add", "pilots", "3", "4"], { env: ENV, fetch });
  expect(added.stderr).toContain("2 devices added.");
  expect(requests.at(-1)).toMatchObject({ method: "POST", body: { add: [3, 4] } });
  expect(requests.at(-1)?.url.pathname).toMatch(/\/labels\/7\/hosts$/);
  const removed = await runCommand(["label", "remove", "Pilots", "3"], { env: ENV, fetch });
  expect(removed.stderr).toContain("1 device taken out.");
  const unknown = await runCommand(["label", "add", "nobody", "3"], { env: ENV, fetch });
  expect(unknown.code).not.toBe(0);
  expect(unknown.stderr).toContain("There is no label nobody: muster get labels shows them.");
  const wrong = await runCommand(["label", "add", "Pilots", "three"], { env: ENV, fetch });
  expect(wrong.stderr).toContain("It must be an ID");
});

test("settings that were printed can be given back; what is no JSON is refused", async () => {
  const printed = { sources: { apps: { enabled: false } }, labels: [{ label_id: 7, label_name: "Pilots", sources: {} }] };
  const { fetch, requests } = fakeServer(() => Response.json(printed));
  const got = await runCommand(["collection", "get"], { env: ENV, fetch });
  expect(JSON.parse(got.stdout)).toEqual(printed);
  const readStdin = () => Promise.resolve(got.stdout);
  const set = await runCommand(["collection", "set", "-"], { env: ENV, fetch, readStdin });
  expect(set.code).toBe(0);
  expect(requests.at(-1)).toMatchObject({
    method: "PUT",
    body: { sources: printed.sources, labels: [{ label_id: 7, sources: {} }] },
  });
  const broken = await runCommand(["collection", "set", "-"], { env: ENV, fetch, readStdin: () => Promise.resolve("{") });
  expect(broken.stderr).toContain("- holds no JSON.");
});
