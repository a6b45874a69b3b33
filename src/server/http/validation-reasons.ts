import type { ErrorObject } from "ajv";
import type { FieldError } from "./errors.ts";

/** What a wrong value is called in a message. */
export type InputPart = "path parameter" | "query parameter" | "field";

const ERRORS_MAX = 20;
const TYPE_WORDS: Readonly<Record<string, string>> = {
  integer: "a whole number",
  number: "a number",
  string: "text",
  boolean: "true or false",
  object: "an object",
  array: "a list",
  null: "null",
};

/**
 * Turns AJV's errors into sentences for people: the field's name, what is wrong, what is allowed. Values are never repeated: they
 * may be passwords.
 *
 * @param accepted parameters that are allowed besides the schema's own
 */
export function explainErrors(errors: readonly ErrorObject[], part: InputPart, accepted: readonly string[]): FieldError[] {
  return errors.slice(0, ERRORS_MAX).map((error) => ({ name: nameOf(error), reason: reasonOf(error, part, accepted) }));
}

/** AJV's errors without those that another one says better. */
export function tellingErrors(errors: readonly ErrorObject[]): ErrorObject[] {
  const unions = errors.filter((error) => error.keyword === "anyOf");
  return errors.filter((error) => !unions.some((union) => isInside(error, union)));
}

/** "Allowed: …", or that nothing is. */
export function allowedProperties(names: readonly string[]): string {
  return names.length === 0 ? "None is allowed here." : `Allowed: ${names.join(", ")}.`;
}

/** The complaint of one alternative of a union says little; the union's own complaint says it all. */
function isInside(error: ErrorObject, union: ErrorObject): boolean {
  return error !== union && error.schemaPath.startsWith(`${union.schemaPath}/`) && error.instancePath === union.instancePath;
}

function nameOf(error: ErrorObject): string {
  const path = error.instancePath.split("/").slice(1).map(unescapePointer);
  const { additionalProperty, missingProperty } = error.params as { additionalProperty?: string; missingProperty?: string };
  const own = additionalProperty ?? missingProperty;
  const names = own === undefined ? path : [...path, own];
  return names.length === 0 ? "base" : names.join(".").slice(0, 255);
}

function unescapePointer(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}

const REASONS: Readonly<Record<string, (error: ErrorObject) => string>> = {
  required: () => "Required, and missing.",
  type: (error) => `Must be ${typeOf(error)}.`,
  enum: (error) => `Must be one of: ${(error.schema as unknown[]).join(", ")}.`,
  const: (error) => `Must be ${JSON.stringify(error.schema)}.`,
  anyOf: (error) => unionReason(error.schema as Alternative[]),
  minimum: (error) => `Must be at least ${String(error.schema)}.`,
  maximum: (error) => `Must be at most ${String(error.schema)}.`,
  minLength: (error) => (error.schema === 1 ? "Must not be empty." : `Must have at least ${String(error.schema)} characters.`),
  maxLength: (error) => `Must have at most ${String(error.schema)} characters.`,
  minItems: (error) => `Needs at least ${String(error.schema)} ${error.schema === 1 ? "entry" : "entries"}.`,
  maxItems: (error) => `Must have at most ${String(error.schema)} entries.`,
  format: () => "Must be a time as RFC 3339, for example 2026-01-31T12:00:00Z.",
};

function reasonOf(error: ErrorObject, part: InputPart, accepted: readonly string[]): string {
  const described = (error.parentSchema as { description?: string } | undefined)?.description;
  if (error.keyword === "additionalProperties") {
    const known = Object.keys((error.parentSchema as { properties?: object }).properties ?? {});
    return `Unknown ${part}. ${allowedProperties([...known, ...accepted])}`;
  }
  const isRepeated = error.keyword === "type" && part === "query parameter" && Array.isArray(error.data);
  if (isRepeated) return `Must be ${typeOf(error)}, given once.`;
  if (error.keyword === "pattern") return `Does not have the right form.${described === undefined ? "" : ` ${described}`}`;
  return REASONS[error.keyword]?.(error) ?? `Not valid: ${error.message ?? error.keyword}.`;
}

function typeOf(error: ErrorObject): string {
  const types = [error.schema].flat() as string[];
  return types.map((type) => TYPE_WORDS[type] ?? type).join(" or ");
}

interface Alternative {
  const?: unknown;
  type?: string;
}

function unionReason(alternatives: readonly Alternative[]): string {
  const words = alternatives.map((one) =>
    "const" in one ? String(one.const) : (TYPE_WORDS[one.type ?? ""] ?? "of another form"),
  );
  return `Must be one of: ${words.join(", ")}.`;
}
