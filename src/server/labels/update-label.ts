import type { EndpointInput, EndpointResult } from "#protocol/endpoint.ts";
import type { changeLabelHosts as changeHostsEndpoint, updateLabel as endpoint } from "#protocol/rest/labels.ts";
import { criteriaFields } from "#domain/labels/criteria.ts";
import { recordActivity } from "../activity/record-activity.ts";
import { unprocessable } from "../http/errors.ts";
import type { Caller } from "../http/route.ts";
import { enqueueJob } from "../jobs/enqueue-job.ts";
import { changeMembers } from "./change-members.ts";
import type { LabelsDeps } from "./deps.ts";
import { labelMemberIds } from "./host-names-store.ts";
import { EVALUATE_LABELS } from "./jobs.ts";
import { labelById, labelLockInTx, labelUpdate } from "./label-store.ts";
import { noSuchLabel, readLabel } from "./list-labels.ts";
import { criteriaOf, labelName, namedHosts, nameTaken } from "./write-label.ts";

type Body = EndpointInput<typeof endpoint>["body"];

/**
 * Changes a label's name, description, criteria, or the hosts of a manual one. New criteria are in force at once for hosts that change,
 * and all others are looked through in the background.
 *
 * @throws {HttpError} 404; 409 when the name is taken; 422 for what this kind of label does not have, or a built-in label.
 */
export async function updateLabel(
  deps: LabelsDeps,
  id: number,
  body: Body,
  caller: Caller | null,
): Promise<EndpointResult<typeof endpoint>> {
  const criteria = body.criteria === undefined ? undefined : criteriaOf(body.criteria);
  const hostIds = await namedHosts(deps.db, body);
  await deps.db.transaction().execute(async (tx) => {
    const label = await labelLockInTx(tx, id);
    if (label === undefined) throw noSuchLabel(id);
    refuseBuiltin(label);
    if (criteria !== undefined) refuseOtherKind(label, "host_vitals", "criteria");
    if (hostIds !== null) refuseOtherKind(label, "manual", body.hosts === undefined ? "host_ids" : "hosts");
    const name = body.name === undefined ? label.name : labelName(body.name);
    const change = {
      name,
      ...(body.description === undefined ? {} : { description: body.description }),
      ...(criteria === undefined ? {} : { criteria, criteria_fields: criteriaFields(criteria) }),
    };
    if (!(await labelUpdate(tx, id, change, deps.now()))) throw nameTaken(name);
    await recordActivity(tx, { type: "edited_label", actor: caller, details: { label_id: id, label_name: name } });
    if (criteria !== undefined) await enqueueJob(tx, EVALUATE_LABELS);
  });
  if (hostIds !== null) await replaceMembers(deps, id, hostIds);
  return readLabel(deps, id);
}

async function replaceMembers({ db }: Pick<LabelsDeps, "db">, id: number, hostIds: number[]): Promise<void> {
  const wanted = new Set(hostIds);
  const remove = (await labelMemberIds(db, id)).filter((hostId) => !wanted.has(hostId));
  await changeMembers(db, id, { add: hostIds, remove });
}

/**
 * Adds hosts to a manual label and takes others out.
 *
 * @throws {HttpError} 404; 422 when the label is not manual, or a host is to be both.
 */
export async function changeLabelHosts(
  deps: LabelsDeps,
  id: number,
  body: EndpointInput<typeof changeHostsEndpoint>["body"],
  caller: Caller | null,
): Promise<EndpointResult<typeof changeHostsEndpoint>> {
  const { add = [], remove = [] } = body;
  const label = await labelById(deps.db, id);
  if (label === undefined) throw noSuchLabel(id);
  refuseOtherKind(label, "manual", "add");
  const removed = new Set(remove);
  const both = add.find((hostId) => removed.has(hostId));
  if (both !== undefined) throw unprocessable("remove", `Host ${both} is in add, too: give it in one of both.`);
  const result = await changeMembers(deps.db, id, { add, remove });
  if (result.added + result.removed > 0) {
    const details = { label_id: id, label_name: label.name, added_count: result.added, removed_count: result.removed };
    await recordActivity(deps.db, { type: "edited_label_hosts", actor: caller, details });
  }
  return result;
}

export function refuseBuiltin(label: { name: string; label_type: string }): void {
  if (label.label_type !== "builtin") return;
  throw unprocessable("id", `“${label.name}” is built in and stays as it is: create a label of your own.`);
}

function refuseOtherKind(label: { name: string; label_membership_type: string }, kind: string, field: string): void {
  if (label.label_membership_type === kind) return;
  throw unprocessable(field, `“${label.name}” is ${label.label_membership_type}; this changes ${kind} labels only.`);
}
