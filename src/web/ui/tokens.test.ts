import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const css = readFileSync(new URL("tokens.css", import.meta.url), "utf8");
const colours = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);/g)].map(([, name, light, dark]) => [
    name,
    { light: light ?? "", dark: dark ?? "" },
  ]),
);

/** Text on a surface: WCAG 2.2 AA asks for 4.5:1. */
const TEXT: [string, string[]][] = [
  ["ink", ["frame", "page", "raised", "sunken", "hover", "press", "accent-tint"]],
  ["ink-2", ["frame", "page", "raised", "sunken", "hover", "press", "accent-tint"]],
  ["ink-3", ["frame", "page", "raised", "sunken", "hover", "accent-tint"]],
  ["accent", ["frame", "page", "raised", "sunken", "hover", "accent-tint"]],
  ["on-accent", ["accent-solid", "accent-solid-hover"]],
  ["on-bad", ["bad-solid"]],
  ["ok", ["frame", "page", "raised", "hover", "ok-tint", "accent-tint"]],
  ["warn", ["frame", "page", "raised", "hover", "warn-tint", "accent-tint"]],
  ["bad", ["frame", "page", "raised", "hover", "bad-tint", "accent-tint"]],
  ["ink", ["ok-tint", "warn-tint", "bad-tint"]],
  ["ink-2", ["ok-tint", "warn-tint", "bad-tint"]],
];
/** Edges of inputs, focus rings, filled bars: 3:1. */
const SHAPES: [string, string[]][] = [
  ["edge", ["page", "raised", "sunken"]],
  ["accent", ["page", "frame", "raised"]],
  ["bar", ["page", "raised", "bar-track"]],
];

function luminance(hex: string): number {
  const channel = (at: number) => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(a: string, b: string): number {
  const [dim, bright] = [luminance(a), luminance(b)].toSorted((x, y) => x - y);
  return ((bright ?? 0) + 0.05) / ((dim ?? 0) + 0.05);
}

function hexOf(name: string, theme: "light" | "dark"): string {
  const colour = colours.get(name);
  if (colour === undefined) throw new Error(`no colour --${name} in tokens.css`);
  return colour[theme];
}

function pairs(list: [string, string[]][]): [string, string, "light" | "dark"][] {
  return list.flatMap(([front, backs]) =>
    backs.flatMap((b) =>
      [[front, b, "light"] as const, [front, b, "dark"] as const].map((p) => [...p] as [string, string, "light" | "dark"]),
    ),
  );
}

test.each(pairs(TEXT))("text --%s on --%s is readable (%s)", (front, back, theme) => {
  expect(contrast(hexOf(front, theme), hexOf(back, theme))).toBeGreaterThanOrEqual(4.5);
});

test.each(pairs(SHAPES))("shape --%s on --%s is visible (%s)", (front, back, theme) => {
  expect(contrast(hexOf(front, theme), hexOf(back, theme))).toBeGreaterThanOrEqual(3);
});
