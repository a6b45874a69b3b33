/** How one source is collected, as far as settings say; what is absent has the agent's own default (SourceSettings of the protocol). */
export interface SourceSettings {
  enabled?: boolean;
  interval_seconds?: number;
  timeout_seconds?: number;
  memory_bytes_max?: number;
  rows_max?: number;
  roots?: string[];
}

export interface CollectionSettings {
  sources: Record<string, SourceSettings>;
}

/**
 * The settings of a host: those of its labels, the first deciding wherever two say something about the same thing of the same source,
 * and the fleet's for what no label says. Lists (roots) are taken whole, never joined, so that what a label says is all there is to see.
 *
 * @param layers in the order of their rank, the fleet's last
 */
export function mergeSettings(layers: readonly CollectionSettings[]): CollectionSettings {
  const sources: Record<string, SourceSettings> = {};
  for (const layer of layers) {
    for (const [source, settings] of Object.entries(layer.sources)) sources[source] = { ...settings, ...sources[source] };
  }
  return { sources };
}

/** The settings as text that is the same for the same settings: keys in order. What an etag is made of. */
export function settingsText({ sources }: CollectionSettings): string {
  const sorted = Object.keys(sources)
    .toSorted()
    .map((source) => [source, Object.entries(sources[source] ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
  return JSON.stringify(sorted);
}

/** The sources that are switched off. */
export function disabledSources({ sources }: CollectionSettings): string[] {
  return Object.keys(sources).filter((source) => sources[source]?.enabled === false);
}
