import { mergeSettings } from "#domain/collection/merge-settings.ts";
import type { CollectionSettings } from "#domain/collection/merge-settings.ts";
import { isKnownSource } from "#domain/software/sources.ts";
import type { EndpointInput } from "#protocol/endpoint.ts";
import type { CollectionAnswer, putCollectionSettings } from "#protocol/rest/settings.ts";
import { recordActivity } from "../activity/record-activity.ts";
import type { Database } from "../database/tables.ts";
import { SESSIONS_CHANNEL } from "../devices/node-sessions.ts";
import { unprocessable } from "../http/errors.ts";
import type { Caller } from "../http/route.ts";
import { collectionEtag } from "./collection-etag.ts";
import { collectionLayers, collectionReplaceInTx, hostCollectionLayers, knownLabelIds } from "./collection-store.ts";
import type { SettingsDeps } from "./deps.ts";

/** The settings of the fleet and of labels, in the order of their rank. */
export async function readCollectionSettings({ db }: Pick<SettingsDeps, "db">): Promise<CollectionAnswer> {
  const layers = await collectionLayers(db);
  return {
    sources: layers.find((layer) => layer.label_id === null)?.settings.sources ?? {},
    labels: layers.flatMap(({ label_id, label_name, settings }) =>
      label_id === null ? [] : [{ label_id, label_name: label_name ?? "", sources: settings.sources }],
    ),
  };
}

/**
 * Replaces the settings of the fleet and of all labels.
 *
 * @throws {HttpError} 422 for sources that do not exist, paths that are not absolute, labels that are unknown or named twice.
 */
export async function writeCollectionSettings(
  deps: SettingsDeps,
  body: EndpointInput<typeof putCollectionSettings>["body"],
  caller: Caller | null,
): Promise<CollectionAnswer> {
  const labels = body.labels ?? [];
  checkSources(body.sources, "sources");
  for (const [i, label] of labels.entries()) checkSources(label.sources, `labels[${i}].sources`);
  await deps.db.transaction().execute(async (tx) => {
    const known = await knownLabelIds(
      tx,
      labels.map((label) => label.label_id),
    );
    for (const [i, { label_id }] of labels.entries()) {
      if (!known.has(label_id))
        throw unprocessable(`labels[${i}].label_id`, `There is no label ${label_id}, or it is named twice.`);
      known.delete(label_id);
    }
    await collectionReplaceInTx(tx, [
      ...labels.map(({ label_id, sources }) => ({ label_id, settings: { sources } })),
      { label_id: null, settings: { sources: body.sources } },
    ]);
    const details = { sources_count: Object.keys(body.sources).length, labels_count: labels.length };
    await recordActivity(tx, { type: "edited_collection_settings", actor: caller, details });
    // answers that processes remember hold the old etag
    await deps.signals.publish(SESSIONS_CHANNEL, "", tx);
  });
  return readCollectionSettings(deps);
}

function checkSources(sources: CollectionSettings["sources"], path: string): void {
  for (const [source, settings] of Object.entries(sources)) {
    if (!isKnownSource(source)) throw unprocessable(`${path}.${source}`, "There is no such source of software.");
    const relative = settings.roots?.find((root) => !isAbsolute(root));
    if (relative !== undefined) throw unprocessable(`${path}.${source}.roots`, `“${relative}” is no absolute directory.`);
  }
}

/** Of any platform, and without steps upwards, which would leave the directory that was named. */
function isAbsolute(path: string): boolean {
  const starts = path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path) || path.startsWith("\\\\");
  return starts && !path.includes("\0") && !path.split(/[\\/]/).includes("..");
}

/** What one host collects, and the name of exactly these settings. */
export async function hostCollection(db: Database, hostId: number): Promise<{ etag: string; settings: CollectionSettings }> {
  const layers = await hostCollectionLayers(db, hostId);
  return { etag: collectionEtag(layers), settings: mergeSettings(layers) };
}
