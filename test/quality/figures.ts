import { f1, precision, recall, scoreOf, scoresByFeed, wrongRate, type Score } from "./measure.ts";
import type { QualityRun } from "./run-quality.ts";

/** What a run of the labelled cases came to. */
export interface Figures {
  groups: Record<string, Score>;
  /** Right and wrong findings by the feed whose record they rest on. */
  feeds: Record<string, { right: number; wrong: number }>;
  all: Score;
}

export function measured({ results, index }: QualityRun): Figures {
  const groups = Object.groupBy(results, ({ case: one }) => one.group);
  const names = Object.keys(groups).toSorted();
  return {
    groups: Object.fromEntries(names.map((name) => [name, scoreOf(groups[name] ?? [])])),
    feeds: Object.fromEntries([...scoresByFeed(results, index)].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    all: scoreOf(results),
  };
}

const share = (number: number): string => number.toFixed(4);

/** The figures as a Markdown table, which is also what the terminal shows. */
export function figureLines({ groups, feeds, all }: Figures): string[] {
  const row = (name: string, score: Score): string =>
    `| ${name} | ${score.cases} | ${score.right + score.missed} | ${score.missed} | ${score.forbidden} | ${score.wrong} | ${share(recall(score))} | ${share(precision(score))} | ${share(wrongRate(score))} | ${share(f1(score))} |`;
  return [
    "| group | cases | must be found | missed | must not | wrong | recall | precision | wrong rate | F1 |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ...Object.entries(groups).map(([name, score]) => row(name, score)),
    row("all", all),
    "",
    "| feed | right findings | wrong findings | precision |",
    "| --- | --- | --- | --- |",
    ...Object.entries(feeds).map(
      ([name, score]) =>
        `| ${name} | ${score.right} | ${score.wrong} | ${share(score.right / Math.max(1, score.right + score.wrong))} |`,
    ),
  ];
}

/** The same for those who run Muster: in percent, without what only those need who change it. */
export function readerLines({ groups, all }: Figures): string[] {
  // never better than it was: 100 % means all of them, 0 % none
  const found = (score: Score): string => percent(Math.floor(recall(score) * 10_000));
  const wrong = (score: Score): string => percent(Math.ceil(wrongRate(score) * 10_000));
  const row = (name: string, score: Score): string => `| ${name} | ${score.cases} | ${found(score)} | ${wrong(score)} |`;
  return [
    "| kind of software | cases | found of what is there | wrong of what is not there |",
    "| --- | --- | --- | --- |",
    ...Object.entries(groups).map(([name, score]) => row(name, score)),
    row("all", all),
  ];
}

function percent(hundredths: number): string {
  return `${(hundredths / 100).toFixed(2)} %`;
}
