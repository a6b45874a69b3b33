import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { osqueryFlags } from "#domain/devices/osquery-flags.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const NOT_OURS = new Set(["node_modules", "dist", "data", "coverage", ".cache", ".git"]);
const DOCUMENTS = globSync("**/*.md", { cwd: ROOT, exclude: (name) => NOT_OURS.has(name) });

test("there are documents to check", () => {
  expect(DOCUMENTS).toEqual(expect.arrayContaining(["CONTRIBUTING.md", "docs/index.md", "docs/guide/install.md"]));
});

test.each(DOCUMENTS)("every source file that %s names exists", (path) => {
  const text = readFileSync(join(ROOT, path), "utf8");
  const named = [...text.matchAll(/`((?:src|test|tools|bin|docs|openapi)\/[\w./-]+\.(?:ts|tsx|sql|md|json))`/g)].map(
    ([, name = ""]) => name,
  );
  expect(named.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
});

test("the guide's osqueryd flags are those of the program", () => {
  const guide = readFileSync(join(ROOT, "docs/guide/add-devices.md"), "utf8");
  const flags = osqueryFlags({
    tls_hostname: "muster.example.org",
    tls_server_certs: "/etc/osquery/muster-ca.pem",
    enroll_secret_path: "/etc/osquery/enroll_secret",
  });
  expect(guide).toContain(`\n${flags.join("\n")}\n`);
});
