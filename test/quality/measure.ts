import { explain } from "#domain/vulnerability/explain.ts";
import type { ProductCatalogue } from "#domain/vulnerability/identity/catalogue.ts";
import { matchSubject } from "#domain/vulnerability/match.ts";
import type { Match } from "#domain/vulnerability/model.ts";
import type { CorpusIndex } from "./corpus-index.ts";
import { identityOfCase, type QualityCase } from "./quality-case.ts";

/** What the matcher makes of one case. */
export interface CaseResult {
  case: QualityCase;
  /** Findings that count: what the authority itself suppresses is no finding. */
  found: ReadonlyMap<string, Match>;
  missed: string[];
  wrong: string[];
}

/** Right and wrong answers of a group of cases. */
export interface Score {
  cases: number;
  /** Labelled findings that were found. */
  right: number;
  missed: number;
  /** Findings that are labelled as wrong; of a row that has nothing: every finding. */
  wrong: number;
  /** Labels that say what must not be found, a row that has nothing being one. */
  forbidden: number;
}

export function runCase(one: QualityCase, catalogue: ProductCatalogue, index: CorpusIndex): CaseResult {
  const { identity, scope } = identityOfCase(one, catalogue);
  const matches = matchSubject(identity, scope, index.rangesOf).filter(
    ({ vulnerability, suppressed }) => suppressed === null && !index.rejected.has(vulnerability),
  );
  const found = new Map(matches.map((match) => [match.vulnerability, match]));
  return {
    case: one,
    found,
    missed: (one.must ?? []).filter((cve) => !found.has(cve)),
    wrong: one.nothing === true ? [...found.keys()] : (one.must_not ?? []).filter((cve) => found.has(cve)),
  };
}

export function scoreOf(results: readonly CaseResult[]): Score {
  const sum = (of: (result: CaseResult) => number): number => results.reduce((total, result) => total + of(result), 0);
  return {
    cases: results.length,
    right: sum(({ case: one, missed }) => (one.must?.length ?? 0) - missed.length),
    missed: sum(({ missed }) => missed.length),
    wrong: sum(({ wrong }) => wrong.length),
    forbidden: sum(({ case: one }) => (one.must_not?.length ?? 0) + (one.nothing === true ? 1 : 0)),
  };
}

export const recall = ({ right, missed }: Score): number => (right + missed === 0 ? 1 : right / (right + missed));
export const precision = ({ right, wrong }: Score): number => (right + wrong === 0 ? 1 : right / (right + wrong));
/** Of what must not be found, the part that was. */
export const wrongRate = ({ wrong, forbidden }: Score): number => (wrong === 0 ? 0 : wrong / Math.max(wrong, forbidden));
export const f1 = (score: Score): number => {
  const sum = precision(score) + recall(score);
  return sum === 0 ? 0 : (2 * precision(score) * recall(score)) / sum;
};

/** Scores by the feed that a finding came from; what was missed has none and counts for the whole group. */
export function scoresByFeed(results: readonly CaseResult[], index: CorpusIndex): Map<string, { right: number; wrong: number }> {
  const byFeed = new Map<string, { right: number; wrong: number }>();
  const count = (match: Match, kind: "right" | "wrong"): void => {
    const feed = index.records.get(match.record_id)?.feed ?? "";
    const score = byFeed.get(feed) ?? { right: 0, wrong: 0 };
    score[kind] += 1;
    byFeed.set(feed, score);
  };
  for (const { case: one, found, wrong } of results) {
    for (const [cve, match] of found) {
      if (one.must?.includes(cve) === true) count(match, "right");
      if (wrong.includes(cve)) count(match, "wrong");
    }
  }
  return byFeed;
}

/** Why a label was missed, in the words that people are told. */
export function explainCase(one: QualityCase, cve: string, catalogue: ProductCatalogue, index: CorpusIndex): string[] {
  const { identity, scope } = identityOfCase(one, catalogue);
  const context = { records: index.records, rejected: index.rejected.has(cve) };
  return explain(identity, scope, index.rangesOf, cve, context).sentences;
}
