import { OPERATORS_OF, vitalOf, VITALS } from "./vitals.ts";
import type { Operator } from "./vitals.ts";

/** One question about a host. `operator` is `is` (for times it must be given) unless said otherwise. */
export interface Condition {
  vital: string;
  operator?: Operator;
  /** Text, version, number in decimal digits, or RFC 3339 time, as the vital's kind says; for `software` its name. */
  value: string;
  /** For `software`: only of this source. */
  source?: string;
  /** For `software`: compared with `operator`; without it any version will do. */
  version?: string;
}

/** Which hosts belong to a label: conditions combined with all, any and not. `{ all: [] }` is every host. */
export type Criteria = Condition | { all: Criteria[] } | { any: Criteria[] } | { not: Criteria };

export const CRITERIA_DEPTH_MAX = 5;
export const CONDITIONS_MAX = 50;
const VALUE_LENGTH_MAX = 255;

export type ParsedCriteria = { ok: true; criteria: Criteria } | { ok: false; name: string; reason: string };

class Refusal extends Error {
  readonly path: string;
  constructor(path: string, reason: string) {
    super(reason);
    this.path = path;
  }
}

/** Reads criteria from outside. A refusal names the place (`criteria.all[1].operator`) and the remedy. */
export function parseCriteria(value: unknown): ParsedCriteria {
  const budget = { conditions: CONDITIONS_MAX };
  try {
    return { ok: true, criteria: parse(value, "criteria", 1, budget) };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, name: error.path, reason: error.message };
    throw error;
  }
}

function parse(value: unknown, path: string, depth: number, budget: { conditions: number }): Criteria {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Refusal(path, "Must be an object: a condition with `vital` and `value`, or `all`, `any` or `not`.");
  }
  const given = value as Record<string, unknown>;
  const keys = Object.keys(given);
  const [key] = keys;
  if (keys.length !== 1 || (key !== "all" && key !== "any" && key !== "not")) return parseCondition(given, path, budget);
  if (depth >= CRITERIA_DEPTH_MAX) throw new Refusal(path, `Nested deeper than ${CRITERIA_DEPTH_MAX} levels: simplify it.`);
  if (key === "not") return { not: parse(given[key], `${path}.not`, depth + 1, budget) };
  const list: unknown = given[key];
  if (!Array.isArray(list)) throw new Refusal(`${path}.${key}`, "Must be a list of criteria.");
  if (list.length > CONDITIONS_MAX) throw tooMany(`${path}.${key}`);
  const parts = list.map((part: unknown, i) => parse(part, `${path}.${key}[${i}]`, depth + 1, budget));
  return key === "all" ? { all: parts } : { any: parts };
}

const CONDITION_KEYS = new Set(["vital", "operator", "value", "source", "version"]);

function parseCondition(given: Record<string, unknown>, path: string, budget: { conditions: number }): Condition {
  budget.conditions -= 1;
  if (budget.conditions < 0) throw tooMany(path);
  const unknown = Object.keys(given).find((key) => !CONDITION_KEYS.has(key));
  if (unknown !== undefined) {
    throw new Refusal(
      `${path}.${unknown}`,
      "Unknown. A condition has `vital`, `operator` and `value`; or give `all`, `any` or `not` alone.",
    );
  }
  const vital = vitalOf(String(given["vital"]));
  if (vital === undefined) throw new Refusal(`${path}.vital`, `Must be one of ${VITALS.map((v) => v.vital).join(", ")}.`);
  const value = textOf(given["value"], `${path}.value`);
  const operator = operatorOf(given["operator"], vital.kind, `${path}.operator`);
  if (vital.kind === "software") return parseSoftware(given, value, operator, path);
  for (const key of ["source", "version"]) {
    if (given[key] !== undefined) throw new Refusal(`${path}.${key}`, "Belongs to the vital `software` only.");
  }
  if (vital.kind === "number" && !/^\d{1,15}$/.test(value)) throw new Refusal(`${path}.value`, "Must be a whole number.");
  if (vital.kind === "time" && Number.isNaN(Date.parse(value))) {
    throw new Refusal(`${path}.value`, "Must be a time, for example 2026-01-31T00:00:00Z.");
  }
  return { vital: vital.vital, operator, value };
}

function parseSoftware(given: Record<string, unknown>, value: string, operator: Operator, path: string): Condition {
  if (value === "") throw new Refusal(`${path}.value`, "Must be the software's name.");
  const source = given["source"] === undefined ? {} : { source: textOf(given["source"], `${path}.source`) };
  if (given["version"] !== undefined) {
    return { vital: "software", operator, value, ...source, version: textOf(given["version"], `${path}.version`) };
  }
  if (operator !== "is") throw new Refusal(`${path}.version`, `${operator} compares versions: give one.`);
  return { vital: "software", value, ...source };
}

function operatorOf(given: unknown, kind: keyof typeof OPERATORS_OF, path: string): Operator {
  const operator = given ?? (kind === "time" ? undefined : "is");
  const found = OPERATORS_OF[kind].find((known) => known === operator);
  if (found === undefined) throw new Refusal(path, `Must be one of ${OPERATORS_OF[kind].join(", ")}.`);
  return found;
}

function textOf(value: unknown, path: string): string {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || text.length > VALUE_LENGTH_MAX || !text.isWellFormed() || text.includes("\0")) {
    throw new Refusal(path, `Must be a text of at most ${VALUE_LENGTH_MAX} characters.`);
  }
  return text;
}

function tooMany(path: string): Refusal {
  return new Refusal(path, `More than ${CONDITIONS_MAX} conditions: use a label of their own for some of them.`);
}

/** The conditions of criteria, in order. */
export function conditionsOf(criteria: Criteria): Condition[] {
  if ("all" in criteria) return criteria.all.flatMap(conditionsOf);
  if ("any" in criteria) return criteria.any.flatMap(conditionsOf);
  return "not" in criteria ? conditionsOf(criteria.not) : [criteria];
}

/** The stored facts that criteria depend on, sorted: only a change of these can change who belongs to the label. */
export function criteriaFields(criteria: Criteria): string[] {
  const fields = conditionsOf(criteria).map((condition) => vitalOf(condition.vital)?.field ?? condition.vital);
  return [...new Set(fields)].toSorted();
}
