import type { EndpointInput } from "#protocol/endpoint.ts";
import type { previewDecision } from "#protocol/rest/vulnerability-decisions.ts";
import type { Database } from "../../database/tables.ts";
import { notFound, unprocessable } from "../../http/errors.ts";
import { scopeNames, vulnerabilityByCve } from "./decision-store.ts";
import type { DecisionScope } from "./suppression-store.ts";

type ScopeBody = EndpointInput<typeof previewDecision>["body"];

export interface ReadScope {
  scope: DecisionScope;
  vulnerability: NonNullable<Awaited<ReturnType<typeof vulnerabilityByCve>>>;
  names: Awaited<ReturnType<typeof scopeNames>>;
}

/**
 * Reads which findings a call means.
 *
 * @throws {HttpError} 404 for a vulnerability that no host ever had, 422 for what does not exist or excludes each other
 */
export async function readScope(db: Database, body: ScopeBody): Promise<ReadScope> {
  const vulnerability = await vulnerabilityByCve(db, body.cve);
  if (vulnerability === undefined) throw notFound("cve", `No device has ever had ${body.cve}: there is nothing to decide.`);
  const software = ["software_version_id", "os_version_id", "software_title_id"] as const;
  const [first, second] = software.filter((name) => body[name] !== undefined);
  if (second !== undefined)
    throw unprocessable(second, `${first} and ${second} exclude each other: name one of them, or none for all.`);
  if (body.host_id !== undefined && body.label_id !== undefined) {
    throw unprocessable("label_id", "host_id and label_id exclude each other: name one of them, or none for all devices.");
  }
  const scope: DecisionScope = {
    vulnerability_id: vulnerability.id,
    software_id: body.software_version_id ?? null,
    operating_system_id: body.os_version_id ?? null,
    software_title_id: body.software_title_id ?? null,
    host_id: body.host_id ?? null,
    label_id: body.label_id ?? null,
  };
  const names = await scopeNames(db, scope);
  if (first !== undefined && names.software === null) throw unprocessable(first, `There is no ${body[first]}.`);
  if (body.host_id !== undefined && names.host === null) throw unprocessable("host_id", `There is no host ${body.host_id}.`);
  if (body.label_id !== undefined && names.label === null) throw unprocessable("label_id", `There is no label ${body.label_id}.`);
  return { scope, vulnerability, names };
}
