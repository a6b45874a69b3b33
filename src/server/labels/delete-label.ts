import { recordActivity } from "../activity/record-activity.ts";
import { notFound } from "../http/errors.ts";
import type { Caller } from "../http/route.ts";
import type { LabelsDeps } from "./deps.ts";
import { labelDelete, labelLockInTx, labelsByName } from "./label-store.ts";
import { noSuchLabel } from "./list-labels.ts";
import { refuseBuiltin } from "./update-label.ts";

type DeleteDeps = Pick<LabelsDeps, "db">;

/**
 * Deletes a label with its members and counts.
 *
 * @throws {HttpError} 404; 422 for a built-in label.
 */
export async function deleteLabel({ db }: DeleteDeps, id: number, caller: Caller | null): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const label = await labelLockInTx(tx, id);
    if (label === undefined) throw noSuchLabel(id);
    refuseBuiltin(label);
    await labelDelete(tx, id);
    await recordActivity(tx, { type: "deleted_label", actor: caller, details: { label_id: id, label_name: label.name } });
  });
}

/** As {@link deleteLabel}, by name without regard to case. */
export async function deleteLabelByName(deps: DeleteDeps, name: string, caller: Caller | null): Promise<void> {
  const [label] = await labelsByName(deps.db, [name]);
  if (label === undefined) throw notFound("name", `There is no label “${name}”.`);
  await deleteLabel(deps, label.id, caller);
}
