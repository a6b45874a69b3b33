import { derivationVersion } from "#domain/software/derivation/derivations.ts";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry, SourceReport } from "#domain/software/software.ts";
import type { InventoryRequest, SoftwareRow } from "#protocol/agent/messages.ts";
import { badRequest } from "../../http/errors.ts";

/** The rules of agents from before they said it. */
const DERIVATION_UNSAID = 2;

/** The agent's rows as reports of sources. Nothing is cleaned here: ingestion does that for every agent. */
export function convertInventory({ sources, derivation_version = DERIVATION_UNSAID }: InventoryRequest): SourceReport[] {
  refuseRepeatedSources(sources);
  return sources.map(({ source, rows }) => ({
    source,
    ok: true,
    entries: rows.map((row) => convertRow(source, row)),
    // an agent that is newer than this server names by rules that it does not know: they count as its own
    derivation_version: Math.min(derivation_version, derivationVersion()),
  }));
}

function convertRow(source: string, row: SoftwareRow): SoftwareEntry {
  return {
    ...emptySoftwareEntry(source),
    name: row.name,
    version: row.version ?? "",
    bundle_identifier: row.bundle_identifier ?? "",
    release: row.release ?? "",
    vendor: row.vendor ?? "",
    arch: row.arch ?? "",
    extension_id: row.extension_id ?? "",
    extension_for: row.extension_for ?? "",
    application_id: row.application_id ?? "",
    upgrade_code: row.upgrade_code ?? "",
    last_opened_at: row.last_opened_at ?? null,
    installed_paths: row.installed_paths ?? [],
    signature_information: row.signature_information ?? [],
    facts: row.facts ?? null,
    installed_by: row.installed_by ?? "",
  };
}

/**
 * A source that is named twice in one call would be two contradicting reports.
 *
 * @throws {HttpError} 400 with the source's name.
 */
export function refuseRepeatedSources(sources: { source: string }[]): void {
  const seen = new Set<string>();
  for (const { source } of sources) {
    if (seen.has(source)) throw badRequest("sources", `The source ${source} is named more than once; name each once.`);
    seen.add(source);
  }
}
