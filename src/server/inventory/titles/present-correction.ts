import type { SplitConditions } from "#domain/software/title-placement.ts";
import type { TitleCorrection } from "#protocol/rest/title-corrections.ts";
import type { CorrectionRow } from "./correction-store.ts";

interface NamedTitle {
  id: number;
  name: string;
}

/** `title_corrections.details`: what was asked, with the names of the time. */
export interface CorrectionDetails extends Partial<SplitConditions> {
  titles: NamedTitle[];
  into?: NamedTitle;
  name?: string;
  versions_count?: number;
}

/** `title_corrections.undo`: the names that a rename or a merge fixed, as they were. */
export interface CorrectionUndo {
  name?: string;
  derived_name?: string | null;
}

/** A correction as the API shows it. */
export function presentCorrection(row: CorrectionRow, blockedBy: number | null): TitleCorrection {
  const details = row.details as CorrectionDetails;
  return {
    id: row.id,
    created_at: row.created_at.toISOString(),
    type: row.type,
    titles: details.titles,
    into: details.into ?? null,
    name: details.name ?? null,
    name_starts_with: details.name_starts_with ?? null,
    version_starts_with: details.version_starts_with ?? null,
    vendor: details.vendor ?? null,
    versions_count: details.versions_count ?? 0,
    hosts_count: row.hosts_count,
    actor_full_name: row.actor_full_name,
    undone_at: row.undone_at?.toISOString() ?? null,
    undone_by: row.undone_by,
    blocked_by: blockedBy,
  };
}
