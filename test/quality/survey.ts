import { readFileSync } from "node:fs";
import { judgeVulnerability, type Judgement } from "#domain/vulnerability/match-judge.ts";
import { weigh } from "#domain/vulnerability/match-weigh.ts";
import type { Match } from "#domain/vulnerability/model.ts";
import { providerName } from "#domain/vulnerability/providers.ts";
import { identityOfCase, type QualityCase } from "./quality-case.ts";
import type { QualityRun } from "./run-quality.ts";

/** A finding that was drawn, with what others than its author say of it. */
export interface DrawnFinding {
  /** `image source name version CVE`: stable from run to run. */
  id: string;
  /** Source and kind of system: what the draw is spread over. */
  stratum: string;
  finding: string;
  /** Providers other than the one that decided, which list the vulnerability for the very package, and whether they find it by themselves. */
  confirmed_by: string[];
  denied_by: string[];
}

/** What somebody found out about a drawn finding that no other provider confirms; `survey-verdicts.jsonl`, one a line. */
export interface Verdict {
  id: string;
  verdict: "right" | "wrong" | "undecided";
  /** Whose statement it rests on. */
  statement: string;
}

const VERDICTS = new URL("survey-verdicts.jsonl", import.meta.url);

export function readVerdicts(): Map<string, Verdict> {
  const lines = readFileSync(VERDICTS, "utf8").trimEnd().split("\n");
  return new Map(
    lines
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Verdict)
      .map((one) => [one.id, one]),
  );
}

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Draws findings, as many of each stratum as of the others while it has some, and of different rows and vulnerabilities as far as there are.
 */
export function drawFindings(run: QualityRun, count: number, seed: number): DrawnFinding[] {
  const random = seeded(seed);
  const strata = new Map<string, { one: QualityCase; match: Match }[]>();
  for (const { case: one, found } of run.results) {
    const { scope } = identityOfCase(one, run.catalogue);
    const stratum = `${one.software?.source ?? "os"} on ${scope.name || scope.family || "any"}`;
    const list = strata.get(stratum) ?? [];
    strata.set(stratum, list);
    for (const match of found.values()) list.push({ one, match });
  }
  const order = [...strata].filter(([, list]) => list.length > 0).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const drawn = new Map<string, DrawnFinding>();
  const rows = new Set<string>();
  for (let round = 0; drawn.size < count && round < count * 4; round += 1) {
    for (const [stratum, list] of order) {
      if (drawn.size >= count) break;
      const { one, match } = list[Math.floor(random() * list.length)] ?? {};
      if (one === undefined || match === undefined) continue;
      const row = `${one.software?.name} ${one.software?.version}`;
      if (rows.has(row) && round < count) continue;
      rows.add(row);
      const finding = describe(run, one, match, stratum);
      drawn.set(finding.id, finding);
    }
  }
  return [...drawn.values()];
}

/** How the findings that were judged once fare now: what is right must still be found, what is wrong must not. */
export function judgedLines({ results }: QualityRun, verdicts: ReadonlyMap<string, Verdict>): string[] {
  const found = new Set(results.flatMap(({ case: one, found: its }) => [...its.keys()].map((cve) => idOf(one, cve))));
  const judged = [...verdicts.values()];
  const lost = judged.filter(({ id, verdict }) => verdict === "right" && !found.has(id));
  const wrong = judged.filter(({ id, verdict }) => verdict === "wrong" && found.has(id));
  return [
    `Judged: ${judged.length}; right and found: ${judged.filter(({ id, verdict }) => verdict === "right" && found.has(id)).length}; right and lost: ${lost.length}; wrong and mended: ${judged.filter(({ id, verdict }) => verdict === "wrong" && !found.has(id)).length}; wrong and still found: ${wrong.length}.`,
    ...[...lost, ...wrong].map(({ id, verdict, statement }) => `${verdict}: ${id} – ${statement}`),
  ];
}

function idOf({ group, software }: QualityCase, cve: string): string {
  const { name = "", version = "", source = "", release = "" } = software ?? {};
  return [group, source, name, release === "" ? version : `${version}-${release}`, cve].join(" ");
}

function describe(run: QualityRun, one: QualityCase, match: Match, stratum: string): DrawnFinding {
  const { name = "", version = "", vendor = "", release = "" } = one.software ?? {};
  const { identity, scope } = identityOfCase(one, run.catalogue);
  const judged = judgeVulnerability(identity, scope, run.index.rangesOf, match.vulnerability);
  const record = run.index.records.get(match.record_id);
  const decider = judged.find((j) => j.bounded.record.record_id === match.record_id)?.bounded.range.provider;
  const opinions = [...Map.groupBy(judged, (j) => j.bounded.range.provider)]
    .filter(([provider]) => provider !== decider)
    .map(([provider, own]) => ({ provider, opinion: opinionOf(identity, own) }));
  const told = (opinion: boolean): string[] =>
    opinions.filter((each) => each.opinion === opinion).map(({ provider }) => providerName(provider));
  const full = release === "" ? version : `${version}-${release}`;
  return {
    id: idOf(one, match.vulnerability),
    stratum,
    finding: `${name} ${full}${vendor === "" ? "" : ` (${vendor})`} → ${match.key.package} ${match.key.version}: ${match.vulnerability} ${match.state} ${match.resolved_in_version ?? ""} [${record?.feed ?? ""} ${record?.name ?? ""}]`,
    confirmed_by: told(true),
    denied_by: told(false),
  };
}

/** Whether one provider alone would find it; null: it says nothing of the package. */
function opinionOf(identity: Parameters<typeof weigh>[0], own: readonly Judgement[]): boolean | null {
  const { decisive, provider } = weigh(identity, own);
  return provider === null ? null : decisive !== null;
}

/** The result of a survey: how many drawn findings are confirmed, by whom, and what is left to judge. */
export function verdictLines(drawn: readonly DrawnFinding[], verdicts: ReadonlyMap<string, Verdict>): string[] {
  const groups = Object.groupBy(drawn, (one) => judgementOf(one, verdicts));
  const size = (name: string): number => groups[name as keyof typeof groups]?.length ?? 0;
  return [
    `Drawn: ${drawn.length} of ${new Set(drawn.map(({ stratum }) => stratum)).size} strata.`,
    `Right: ${size("confirmed") + size("right")} (${size("confirmed")} confirmed by another provider's ranges, ${size("right")} by a verdict); wrong: ${size("wrong")}; undecided: ${size("undecided")}; without a verdict: ${size("open")}.`,
    ...(["wrong", "undecided", "open"] as const).flatMap((name) =>
      (groups[name] ?? []).map(
        (one) =>
          `${name}: ${one.stratum}: ${one.finding}${one.denied_by.length === 0 ? "" : ` – denied by ${one.denied_by.join(", ")}`} {${one.id}}`,
      ),
    ),
  ];
}

function judgementOf(
  { id, confirmed_by, denied_by }: DrawnFinding,
  verdicts: ReadonlyMap<string, Verdict>,
): Verdict["verdict"] | "confirmed" | "open" {
  const verdict = verdicts.get(id)?.verdict;
  if (verdict !== undefined) return verdict;
  return confirmed_by.length > 0 && denied_by.length === 0 ? "confirmed" : "open";
}
