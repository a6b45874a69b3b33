import { describe, expect, test } from "vitest";
import { contentOf, importsOf, isTest, sourceFiles } from "./source-files.ts";
import type { Import } from "./source-files.ts";

/** ARCHITECTURE.md: who may import whom. "types": `import type` only. */
const MAY_IMPORT: Record<string, Record<string, "all" | "types">> = {
  domain: { domain: "all" },
  protocol: { protocol: "all", domain: "types" },
  client: { client: "all", protocol: "types", domain: "types" },
  server: { server: "all", domain: "all", protocol: "all" },
  agent: { agent: "all", domain: "all", protocol: "all" },
  cli: { cli: "all", domain: "all", protocol: "all", client: "all" },
  web: { web: "all", domain: "all", protocol: "types", client: "all" },
};
/** Values of the domain that protocol may use: numbers that both sides must agree on. */
const SHARED_CONSTANTS = "src/domain/core/limits.ts";
/** Packages that are rules themselves, without I/O, clock or platform: the domain may build upon them. */
const PURE_PACKAGES = new Set(["ae-cvss-calculator", "semver", "@renovatebot/pep440", "packageurl-js"]);
/** Folders of the server that every component builds upon, and that know none of them. */
const MACHINERY = new Set(["http", "database", "jobs", "notify", "observe"]);
/** Put everything together, so they know everything. */
const COMPOSERS = new Set(["src/server/main.ts", "src/server/compose.ts"]);
const MAY_START_PROGRAMS = [
  "src/agent/system/",
  "src/server/database/embedded",
  "src/server/vulnerabilities/feeds/engine/feed-loader.ts",
  "bin/",
  "tools/",
  "test/",
  "bench/",
  "demo/",
];
/** Machinery that talks to PostgreSQL about itself, not about Muster's data. */
const MAY_SPEAK_SQL = [
  "src/server/database/",
  "src/server/notify/signals.ts",
  "src/server/observe/health-plugin.ts",
  "src/server/http/paging.ts",
];

const production = sourceFiles().filter((path) => !isTest(path));
const imports = production.flatMap(importsOf);

function layerOf(path: string): string | null {
  return /^src\/(\w+)\//.exec(path)?.[1] ?? null;
}

/** `inventory`, `agents/osquery`, …; null outside components. */
function componentOf(path: string): string | null {
  const [, folder = "", below = ""] = /^src\/server\/(\w+)\/([\w-]+)/.exec(path) ?? [];
  if (folder === "" || MACHINERY.has(folder)) return null;
  return folder === "agents" && !below.endsWith(".ts") ? `agents/${below}` : folder;
}

function show({ from, specifier }: Import): string {
  return `${from} imports ${specifier}`;
}

describe("parts", () => {
  test("import only the parts that the table allows, and only types where it says so", () => {
    const wrong = imports.filter(({ from, target, typeOnly }) => {
      const own = layerOf(from);
      const other = target === null ? null : layerOf(target);
      if (own === null || other === null || target === SHARED_CONSTANTS) return false;
      const allowed = MAY_IMPORT[own]?.[other];
      return allowed === undefined || (allowed === "types" && !typeOnly);
    });
    expect(wrong.map(show)).toEqual([]);
  });

  test("import another part by its #name, their own files by relative paths with extension", () => {
    const wrong = imports.filter(({ from, specifier, target }) => {
      if (target === null) return false;
      const isRelative = specifier.startsWith(".");
      return isRelative ? layerOf(from) !== layerOf(target) : !/\.(tsx?|css|svg|json)$/.test(specifier);
    });
    expect(wrong.map(show)).toEqual([]);
  });

  test("the domain depends on nothing but itself and on packages that are pure rules", () => {
    const wrong = imports.filter(
      ({ from, target, specifier }) => layerOf(from) === "domain" && target === null && !PURE_PACKAGES.has(specifier),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  test("the component kit appears in web/ui only", () => {
    const wrong = imports.filter(({ from, specifier }) => specifier.startsWith("@tabler/") && !from.startsWith("src/web/ui/"));
    expect(wrong.map(show)).toEqual([]);
  });

  test("programs are started in few places", () => {
    const wrong = imports.filter(
      ({ from, specifier }) =>
        /^(node:)?child_process$/.test(specifier) && !MAY_START_PROGRAMS.some((place) => from.startsWith(place)),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  test("there are no barrels and no default exports", () => {
    const barrels = production.filter((path) => /^\s*export\s+(type\s+)?(\*|\{[^}]*\})\s+from "[.#]/m.test(contentOf(path)));
    expect(barrels).toEqual([]);
    const defaults = production.filter((path) => /^export default/m.test(contentOf(path)) && !path.startsWith("tools/"));
    expect(defaults).toEqual([]);
  });
});

describe("the server", () => {
  const within = imports.filter(
    ({ from, target }) => from.startsWith("src/server/") && target?.startsWith("src/server/") === true,
  );

  test("machinery knows no component", () => {
    const wrong = within.filter(({ from, target }) => {
      const folder = /^src\/server\/(\w+)\//.exec(from)?.[1] ?? "";
      return MACHINERY.has(folder) && componentOf(target ?? "") !== null;
    });
    expect(wrong.map(show)).toEqual([]);
  });

  test("a component never reaches into another's store", () => {
    const wrong = within.filter(({ from, target }) => {
      const other = componentOf(target ?? "");
      return target?.endsWith("-store.ts") === true && other !== null && componentOf(from) !== other;
    });
    expect(wrong.map(show)).toEqual([]);
  });

  test("only main and compose know everything", () => {
    const wrong = within.filter(({ from, target }) => COMPOSERS.has(target ?? "") && !COMPOSERS.has(from));
    expect(wrong.map(show)).toEqual([]);
  });

  test("SQL is written in stores and in database/ only", () => {
    const speaks = /\.(selectFrom|insertInto|updateTable|deleteFrom|mergeInto)\(|\bsql(<[^`]*>)?`|\.query\(\s*["'`]/;
    const wrong = production.filter(
      (path) =>
        path.startsWith("src/server/") &&
        !path.endsWith("-store.ts") &&
        !MAY_SPEAK_SQL.some((place) => path.startsWith(place)) &&
        speaks.test(contentOf(path)),
    );
    expect(wrong).toEqual([]);
  });
});
