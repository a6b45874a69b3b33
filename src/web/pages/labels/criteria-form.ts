import type { Condition, Criteria } from "#domain/labels/criteria.ts";
import { OPERATORS_OF, vitalOf, VITALS } from "#domain/labels/vitals.ts";
import type { Operator } from "#domain/labels/vitals.ts";

/** One line of the builder. */
export interface ConditionRow extends Required<Omit<Condition, "operator">> {
  key: number;
  /** The condition must not hold. */
  not: boolean;
  operator: Operator;
}

/** What the builder edits: conditions of which all must hold, or any. Deeper criteria are edited as JSON. */
export interface CriteriaForm {
  match: "all" | "any";
  rows: ConditionRow[];
}

let lastKey = 0;

export function newRow(vital = "platform_family"): ConditionRow {
  lastKey += 1;
  const kind = vitalOf(vital)?.kind ?? "text";
  return { key: lastKey, vital, operator: OPERATORS_OF[kind][0] ?? "is", value: "", source: "", version: "", not: false };
}

/** The criteria of the lines. */
export function criteriaOfForm({ match, rows }: CriteriaForm): Criteria {
  const parts = rows.map((row) => (row.not ? { not: conditionOf(row) } : conditionOf(row)));
  return match === "all" ? { all: parts } : { any: parts };
}

function conditionOf({ vital, operator, value, source, version }: ConditionRow): Condition {
  if (vital !== "software") return { vital, operator, value };
  const compared = version.trim() === "" ? {} : { operator, version };
  return { vital, value, ...compared, ...(source === "" ? {} : { source }) };
}

/** The lines of criteria; null when they are deeper than the builder goes. */
export function formOfCriteria(criteria: Criteria): CriteriaForm | null {
  const match = "any" in criteria ? "any" : "all";
  const parts = "all" in criteria ? criteria.all : "any" in criteria ? criteria.any : [criteria];
  const rows: ConditionRow[] = [];
  for (const part of parts) {
    const inner = "not" in part ? part.not : part;
    if (!("vital" in inner)) return null;
    rows.push({ ...newRow(inner.vital), ...inner, not: "not" in part });
  }
  return { match, rows };
}

/** Why the lines cannot be saved yet; undefined when they can. */
export function formGap({ rows }: CriteriaForm): string | undefined {
  if (rows.length === 0) return "Add a condition first";
  return rows.some((row) => row.value.trim() === "") ? "Fill in every condition" : undefined;
}

export const OPERATOR_WORDS: Readonly<Record<Operator, string>> = {
  is: "is",
  contains: "contains",
  starts_with: "begins with",
  ends_with: "ends with",
  matches: "matches (* and ?)",
  at_least: "is at least",
  above: "is above",
  at_most: "is at most",
  below: "is below",
  before: "is before",
  after: "is at or after",
};

/** Criteria as a sentence. */
export function criteriaWords(criteria: Criteria): string {
  if ("all" in criteria) return criteria.all.length === 0 ? "every device" : criteria.all.map(inWords).join(" and ");
  if ("any" in criteria) return criteria.any.length === 0 ? "no device" : criteria.any.map(inWords).join(" or ");
  if ("not" in criteria) return `not ${inWords(criteria.not)}`;
  const { vital, operator = "is", value, source, version } = criteria;
  if (vital !== "software") return `${wordsOf(vital)} ${OPERATOR_WORDS[operator]} ${value}`;
  const compared = version === undefined ? "" : ` whose version ${OPERATOR_WORDS[operator]} ${version}`;
  return `has ${value}${source === undefined ? "" : ` (${source})`}${compared}`;
}

function inWords(criteria: Criteria): string {
  return "vital" in criteria || "not" in criteria ? criteriaWords(criteria) : `(${criteriaWords(criteria)})`;
}

function wordsOf(vital: string): string {
  const label = VITALS.find((known) => known.vital === vital)?.label ?? vital;
  return label.replace(/ \(.*$/u, "");
}
