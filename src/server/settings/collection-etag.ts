import { createHash } from "node:crypto";
import { mergeSettings, settingsText } from "#domain/collection/merge-settings.ts";
import type { CollectionSettings } from "#domain/collection/merge-settings.ts";

/** Of no settings at all, which is what most hosts follow. */
const NONE = etagOf([]);

/**
 * The name of the settings that these layers make together (domain/collection/merge-settings.ts): 16 hexadecimal digits, other ones for
 * other settings.
 *
 * @param layers in the order of their rank, the fleet's last
 */
export function collectionEtag(layers: readonly CollectionSettings[]): string {
  return layers.length === 0 ? NONE : etagOf(layers);
}

function etagOf(layers: readonly CollectionSettings[]): string {
  return createHash("sha256")
    .update(settingsText(mergeSettings(layers)))
    .digest("hex")
    .slice(0, 16);
}
