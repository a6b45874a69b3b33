import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { allFiles, contentOf, importsOf, ROOT, sourceFiles } from "./source-files.ts";

const FILE_LINES_MAX = 400;
/** Where reading begins: what npm scripts, the browser and Vitest load. */
const ENTRY_POINTS = [
  /^bin\/muster\.ts$/,
  /^tools\/[\w-]+\.ts$/,
  /^src\/web\/main\.tsx$/,
  /^bench\/[\w-]+\.ts$/,
  // processes of their own, which are started by their file's name
  /^bench\/\w+\/[\w-]+-process\.ts$/,
  /^demo\/(main|make-images)\.ts$/,
  /^test\/(quality|simulation)\/main\.ts$/,
  /^test\/support\/(deliver-notifications|postgres-setup)\.ts$/,
];
const files = allFiles();
const sources = sourceFiles();

function reachableFrom(starts: string[]): Set<string> {
  const seen = new Set(starts);
  const queue = [...starts];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    for (const { target } of importsOf(path)) {
      if (target === null || seen.has(target) || !/\.tsx?$/.test(target)) continue;
      seen.add(target);
      queue.push(target);
    }
  }
  return seen;
}

describe("files", () => {
  test("every import of ours names a file that exists", () => {
    const broken = sources
      .flatMap(importsOf)
      .filter(({ target }) => target !== null && !existsSync(join(ROOT, target)))
      .map(({ from, specifier }) => `${from} imports ${specifier}`);
    expect(broken).toEqual([]);
  });

  test("every file is reached from an entry point or a test", () => {
    const isEntry = (path: string): boolean => ENTRY_POINTS.some((entry) => entry.test(path)) || /\.test\.tsx?$/.test(path);
    const live = reachableFrom(sources.filter(isEntry));
    expect(sources.filter((path) => !live.has(path) && !path.endsWith(".d.ts"))).toEqual([]);
  });

  test(`no source file is longer than ${FILE_LINES_MAX} lines`, () => {
    const long = files
      .filter((path) => /\.(tsx?|mjs|cjs|css)$/.test(path))
      .map((path) => ({ path, lines: contentOf(path).split("\n").length - 1 }))
      .filter(({ lines }) => lines > FILE_LINES_MAX);
    expect(long).toEqual([]);
  });

  test("every test asserts something", () => {
    const idle = sources.filter((path) => /\.test\.tsx?$/.test(path) && !/\bexpect\b|\bassert\b/.test(contentOf(path)));
    expect(idle).toEqual([]);
  });

  test("no test is switched off for good", () => {
    const off = sources.filter((path) => /\b(test|it|describe)\.(only|todo|skip)\(/.test(contentOf(path)));
    expect(off.filter((path) => !path.startsWith("test/repo/"))).toEqual([]);
  });
});

describe("documents", () => {
  const documents = files.filter((path) => path.endsWith(".md"));
  // [text](target), without images' leading "!" mattering
  const LINK = /\]\(([^)\s]+)\)/g;

  test("links lead to files that exist", () => {
    const broken = documents.flatMap((path) =>
      [...withoutCode(contentOf(path)).matchAll(LINK)]
        .map((match) => match[1] ?? "")
        .filter((target) => !/^(https?:|mailto:|#)/.test(target))
        .filter((target) => !existsSync(join(ROOT, dirname(path), decodeURI(target.replace(/#.*$/, "")))))
        .map((target) => `${path} → ${target}`),
    );
    expect(broken).toEqual([]);
  });

  test("source files that documents name in code style exist", () => {
    const NAMED = /`((?:src|test|tools|bin|bench|docs|openapi)\/[\w./-]+\.\w+)`/g;
    const broken = documents.flatMap((path) =>
      [...contentOf(path).matchAll(NAMED)]
        .map((match) => match[1] ?? "")
        .filter((target) => !existsSync(join(ROOT, target)))
        .map((target) => `${path} → ${target}`),
    );
    expect(broken).toEqual([]);
  });
});

function withoutCode(markdown: string): string {
  return markdown.replaceAll(/```[\s\S]*?```/g, "").replaceAll(/`[^`\n]*`/g, "");
}

describe("texts", () => {
  /** What belongs to one machine or one way of working has no place here. Spelt in pieces, so that this file passes. */
  const FORBIDDEN = [
    new RegExp(`(^|["'\`( =])/${["wo", "rk"].join("")}/`, "m"),
    new RegExp(`\\b(${["cla_ude", "chat_gpt", "copi_lot", "as an a_i"].join("|").replaceAll("_", "")})\\b`, "i"),
  ];
  const readable = files.filter(
    (path) => /\.(tsx?|mjs|cjs|md|json|sql|css|html|yml|sh)$/.test(path) && statSync(join(ROOT, path)).size < 1_000_000,
  );

  test("no file names a path of somebody's machine or the tools it was written with", () => {
    const wrong = readable
      .filter((path) => !/samples\/|fixtures\/|package-lock\.json$/.test(path))
      .flatMap((path) => FORBIDDEN.map((word) => word.exec(contentOf(path))?.[0]).map((found) => ({ path, found })))
      .filter(({ found }) => found !== undefined);
    expect(wrong).toEqual([]);
  });

  test("the lock names no registry, so that it works with any mirror", () => {
    expect(contentOf("package-lock.json")).not.toMatch(/"resolved": "https?:/);
  });

  test("the lock names every platform's packages (else npm ci refuses it: node tools/complete-lock.ts)", () => {
    type Lock = { packages: Record<string, { optionalDependencies?: Record<string, string> }> };
    const { packages } = JSON.parse(contentOf("package-lock.json")) as Lock;
    const paths = Object.keys(packages);
    const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    expect(wanted.filter((name) => !paths.some((path) => path.endsWith(`node_modules/${name}`)))).toEqual([]);
  });
});
