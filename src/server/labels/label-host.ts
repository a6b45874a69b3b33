import { notFound, unprocessable } from "../http/errors.ts";
import { holdHosts } from "../inventory/hold-hosts.ts";
import type { LabelsDeps } from "./deps.ts";
import { membershipApplyInTx } from "./label-membership-store.ts";
import { labelsByName } from "./label-store.ts";

/**
 * Puts one host into manual labels, or takes it out of them, all or none.
 *
 * @throws {HttpError} 404 when there is no such host; 422 for unknown names and labels that are not manual.
 */
export async function labelHost(deps: Pick<LabelsDeps, "db">, hostId: number, names: string[], member: boolean): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const locked = await holdHosts(tx, [hostId]);
    if (locked.length === 0) throw notFound("id", `There is no host ${hostId}.`);
    const labels = await labelsByName(tx, names);
    for (const name of names) {
      const label = labels.find((known) => known.name.toLowerCase() === name.toLowerCase());
      if (label === undefined) throw unprocessable("labels", `There is no label “${name}”.`);
      if (label.label_membership_type !== "manual") {
        throw unprocessable("labels", `“${label.name}” is ${label.label_membership_type}: its hosts follow from its rule.`);
      }
    }
    const labelIds = labels.map((label) => label.id);
    await membershipApplyInTx(tx, locked, labelIds, member ? labelIds.map((label_id) => ({ host_id: hostId, label_id })) : []);
  });
}
