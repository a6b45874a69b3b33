import { compareAsRead } from "#domain/core/compare-as-read.ts";
import { platformFamily } from "#domain/software/sources.ts";
import type { Condition, Criteria } from "./criteria.ts";
import type { HeldSoftware, HostVitals, Operator } from "./vitals.ts";
import { vitalOf } from "./vitals.ts";

/**
 * Does a host belong to a label with these criteria? Texts compare without regard to case. A version, number or time that is not known
 * meets no condition (so `not` over it is met).
 *
 * @param software at least what the host holds under the names that the criteria mention (see {@link isNamed})
 */
export function evaluateCriteria(criteria: Criteria, vitals: HostVitals, software: readonly HeldSoftware[]): boolean {
  if ("all" in criteria) return criteria.all.every((part) => evaluateCriteria(part, vitals, software));
  if ("any" in criteria) return criteria.any.some((part) => evaluateCriteria(part, vitals, software));
  if ("not" in criteria) return !evaluateCriteria(criteria.not, vitals, software);
  return meets(criteria, vitals, software);
}

function meets(condition: Condition, vitals: HostVitals, software: readonly HeldSoftware[]): boolean {
  const { vital, value, operator = "is" } = condition;
  const kind = vitalOf(vital)?.kind;
  if (kind === "software") return software.some((held) => isSoftware(condition, held));
  if (vital === "platform_family") return compareTexts(platformFamily(vitals.platform) ?? "", operator, value);
  const fact = vitals[vital as keyof HostVitals];
  if (fact instanceof Date) return operator === "before" ? fact < new Date(value) : fact >= new Date(value);
  // 0 is what a host has that never told
  if (typeof fact === "number") return fact !== 0 && isOrdered(fact - Number(value), operator);
  return kind === "version" ? compareVersionTexts(fact, operator, value) : compareTexts(fact, operator, value);
}

function isSoftware(condition: Condition, held: HeldSoftware): boolean {
  if (!isNamed(condition, held)) return false;
  if (condition.source !== undefined && condition.source !== held.source) return false;
  return condition.version === undefined || compareVersionTexts(held.version, condition.operator ?? "is", condition.version);
}

/** A software's own name, or its title's, is the condition's value. */
function isNamed(condition: Condition, held: HeldSoftware): boolean {
  const name = condition.value.toLowerCase();
  return held.name.toLowerCase() === name || held.title.toLowerCase() === name;
}

function compareVersionTexts(version: string, operator: Operator, value: string): boolean {
  if (version === "") return operator === "is" && value === "";
  if (operator === "starts_with") return version.toLowerCase().startsWith(value.toLowerCase());
  return isOrdered(compareAsRead(version, value), operator);
}

function isOrdered(order: number, operator: Operator): boolean {
  if (operator === "is") return order === 0;
  if (operator === "at_least") return order >= 0;
  if (operator === "above") return order > 0;
  return operator === "at_most" ? order <= 0 : order < 0;
}

function compareTexts(fact: string, operator: Operator, value: string): boolean {
  const [text, wanted] = [fact.toLowerCase(), value.toLowerCase()];
  if (operator === "contains") return text.includes(wanted);
  if (operator === "starts_with") return text.startsWith(wanted);
  if (operator === "ends_with") return text.endsWith(wanted);
  return operator === "matches" ? matchesPattern(text, wanted) : text === wanted;
}

/**
 * `*` stands for any characters, `?` for one. Goes back to the last star only, so the time is bounded by the product of the lengths
 * (a regular expression from outside could take for ever).
 */
export function matchesPattern(text: string, pattern: string): boolean {
  let [t, p, star, resume] = [0, 0, -1, 0];
  while (t < text.length) {
    if (pattern[p] === "*") [star, resume, p] = [p, t, p + 1];
    else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === text[t])) [t, p] = [t + 1, p + 1];
    else if (star >= 0) [resume, t, p] = [resume + 1, resume + 1, star + 1];
    else return false;
  }
  while (pattern[p] === "*") p += 1;
  return p === pattern.length;
}
