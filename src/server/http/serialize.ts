import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import type { TSchema } from "typebox";
import { withoutIds } from "./validate.ts";

const ajv = new Ajv({ allErrors: false, strict: true, strictTypes: false });
addFormats.default(ajv, { mode: "fast", formats: ["date-time"] });

/** An answer that its own endpoint does not describe: a fault of the server, never of the caller. */
export class ResponseMismatch extends Error {
  override readonly name = "ResponseMismatch";
}

/**
 * Makes the function that turns a handler's result into JSON. The result must be exactly what the response schema says: a field
 * that is missing, undeclared, null or of another type is an error here, where a compiled serializer would drop it, print 0 for
 * null or cut a fraction off. So nothing undeclared leaves the server, and what the description says is what clients get.
 *
 * @returns throws {@link ResponseMismatch} naming the path (never the value)
 */
export function responseSerializer(response: TSchema): (result: unknown) => string {
  const validate = ajv.compile(closedDeep(withoutIds(response)) as object);
  return (result) => {
    if (!validate(result)) {
      const [error] = validate.errors ?? [];
      const extra = (error?.params as { additionalProperty?: string } | undefined)?.additionalProperty;
      throw new ResponseMismatch(
        `The answer does not match its schema: ${error?.instancePath ?? ""}${extra === undefined ? "" : `/${extra}`} ${error?.message ?? ""}`,
      );
    }
    return JSON.stringify(result);
  };
}

interface ObjectSchema {
  type?: unknown;
  properties?: Record<string, unknown>;
  required?: string[];
  patternProperties?: unknown;
  additionalProperties?: unknown;
  allOf?: unknown[];
}

/** Objects accept their declared properties alone. `allOf` of objects becomes one object, or each part would refuse the others'. */
function closedDeep(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closedDeep);
  if (typeof schema !== "object" || schema === null) return schema;
  const merged = mergeAllOf(schema);
  const closed = Object.fromEntries(
    Object.entries(merged).map(([key, value]) => [key, key === "properties" ? closedProperties(value) : closedDeep(value)]),
  );
  const open = merged.type !== "object" || merged.patternProperties !== undefined || merged.additionalProperties !== undefined;
  return open ? closed : { ...closed, additionalProperties: false };
}

function closedProperties(properties: unknown): unknown {
  return Object.fromEntries(Object.entries(properties as object).map(([name, schema]) => [name, closedDeep(schema)]));
}

function mergeAllOf(schema: ObjectSchema): ObjectSchema {
  if (schema.allOf === undefined) return schema;
  const { allOf, ...rest } = schema;
  const parts = allOf.map((part) => mergeAllOf(part as ObjectSchema));
  return {
    ...rest,
    type: "object",
    properties: Object.assign({}, ...parts.map((part) => part.properties ?? {}), rest.properties ?? {}) as Record<
      string,
      unknown
    >,
    required: [...new Set([...parts.flatMap((part) => part.required ?? []), ...(rest.required ?? [])])],
  };
}
