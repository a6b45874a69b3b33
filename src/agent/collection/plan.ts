import type { CollectionSettings } from "#protocol/agent/messages.ts";
import { LIMITS_DEFAULT, LIMITS_SEARCHING } from "../sources/source.ts";
import type { Source, SourceLimits } from "../sources/source.ts";

/** How one source is collected: the server's settings over the source's own. */
export interface SourcePlan {
  enabled: boolean;
  roots: readonly string[];
  limits: SourceLimits;
}

/** Every source as it is by itself. */
export const NO_SETTINGS: CollectionSettings = { sources: {} };

/** The plan of a source by the settings; what they leave open is the source's own. */
export function planOf(source: Source, settings: CollectionSettings): SourcePlan {
  const own = source.limits ?? LIMITS_DEFAULT;
  const given = Object.hasOwn(settings.sources, source.source) ? settings.sources[source.source] : undefined;
  return {
    enabled: given?.enabled ?? true,
    roots: given?.roots ?? [],
    limits: {
      interval_seconds: given?.interval_seconds ?? ownInterval(own, given?.roots ?? []),
      timeout_seconds: given?.timeout_seconds ?? own.timeout_seconds,
      memory_bytes_max: given?.memory_bytes_max ?? own.memory_bytes_max,
      rows_max: given?.rows_max ?? own.rows_max,
      output_bytes_max: own.output_bytes_max,
    },
  };
}

/** A source that is cheap by itself is no longer so with directories to search; what its files announce is still seen at once. */
function ownInterval(own: SourceLimits, roots: readonly string[]): number {
  return own.interval_seconds === 0 && roots.length > 0 ? LIMITS_SEARCHING.interval_seconds : own.interval_seconds;
}
