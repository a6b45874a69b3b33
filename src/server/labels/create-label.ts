import type { EndpointInput, EndpointResult } from "#protocol/endpoint.ts";
import type { createLabel as endpoint } from "#protocol/rest/labels.ts";
import { criteriaFields } from "#domain/labels/criteria.ts";
import { recordActivity } from "../activity/record-activity.ts";
import { unprocessable } from "../http/errors.ts";
import type { Caller } from "../http/route.ts";
import { COUNT_LABELS } from "../inventory/count-label.ts";
import { enqueueJob } from "../jobs/enqueue-job.ts";
import { changeMembers } from "./change-members.ts";
import type { LabelsDeps } from "./deps.ts";
import { EVALUATE_LABELS } from "./jobs.ts";
import { labelInsert } from "./label-store.ts";
import type { MembershipType } from "./label-store.ts";
import { readLabel } from "./list-labels.ts";
import { criteriaOf, labelName, namedHosts, nameTaken } from "./write-label.ts";

type Body = EndpointInput<typeof endpoint>["body"];

/**
 * Makes a label. What is given says its kind: `query` (dynamic), `criteria` (host_vitals), else manual. A host_vitals label finds its
 * hosts in the background, seconds later.
 *
 * @throws {HttpError} 409 when the name is taken; 422 for criteria that are none, unknown hosts, or two kinds at once.
 */
export async function createLabel(deps: LabelsDeps, body: Body, caller: Caller | null): Promise<EndpointResult<typeof endpoint>> {
  const kind = membershipType(body);
  const name = labelName(body.name);
  const criteria = kind === "host_vitals" ? criteriaOf(body.criteria) : null;
  const hostIds = await namedHosts(deps.db, body);
  const label = {
    name,
    description: body.description ?? "",
    platform: body.platform ?? "",
    label_membership_type: kind,
    query: body.query?.trim() ?? "",
    criteria,
    criteria_fields: criteria === null ? [] : criteriaFields(criteria),
    author_id: caller?.user_id ?? null,
  };
  const id = await deps.db.transaction().execute(async (tx) => {
    const made = await labelInsert(tx, label, deps.now());
    if (made === null) throw nameTaken(name);
    await recordActivity(tx, { type: "created_label", actor: caller, details: { label_id: made, label_name: name } });
    if (kind === "host_vitals") await enqueueJob(tx, EVALUATE_LABELS);
    return made;
  });
  if (hostIds !== null) {
    await changeMembers(deps.db, id, { add: hostIds, remove: [] });
    // soon somebody looks at what they hold
    await enqueueJob(deps.db, COUNT_LABELS, {}, { key: COUNT_LABELS });
  }
  return readLabel(deps, id);
}

function membershipType(body: Body): MembershipType {
  const isDynamic = body.query !== undefined && body.query.trim() !== "";
  const kinds: MembershipType[] = [
    ...(isDynamic ? (["dynamic"] as const) : []),
    ...(body.criteria === undefined ? [] : (["host_vitals"] as const)),
    ...(body.hosts === undefined && body.host_ids === undefined ? [] : (["manual"] as const)),
  ];
  if (kinds.length > 1)
    throw unprocessable("base", "Give one of query, criteria, and hosts or host_ids: a label is of one kind.");
  if (body.platform !== undefined && body.platform !== "" && !isDynamic) {
    throw unprocessable("platform", "Belongs to query only; criteria may ask for the vital platform.");
  }
  return kinds[0] ?? "manual";
}
