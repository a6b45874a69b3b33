import type { SoftwareEntry } from "#domain/software/software.ts";
import { numberArray, textArray } from "../database/array-literal.ts";

/**
 * What links say beside their ids, as one parameter a column, which the database reads in two thirds of the time that records of JSON
 * take; null: a column of nothing but nulls.
 */
export function linkDetails(entries: readonly SoftwareEntry[]) {
  return {
    opened: numberArray(entries.map(({ last_opened_at }) => last_opened_at)),
    paths: textArray(entries.map(({ installed_paths: paths }) => (paths.length === 0 ? null : textArray(paths)))),
    signatures: textArray(
      entries.map(({ signature_information: signatures }) => (signatures.length === 0 ? null : JSON.stringify(signatures))),
    ),
    installed_by: textArray(entries.map(({ installed_by }) => installed_by || null)),
  };
}
