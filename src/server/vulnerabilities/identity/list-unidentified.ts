import { suggestionIndex, type SuggestionIndex, suggestProducts } from "#domain/vulnerability/identity/suggestions.ts";
import type { EndpointResult } from "#protocol/endpoint.ts";
import type { listUnidentifiedSoftware } from "#protocol/rest/product-identities.ts";
import type { Database } from "../../database/tables.ts";
import { type Page, pageResult } from "../../http/paging.ts";
import { loadCatalogue } from "./load-catalogue.ts";
import { subjectSoftware, unidentifiedCount, unidentifiedList, type UnidentifiedOrderKey } from "./unidentified-store.ts";

const SUGGESTIONS = 5;
/** The index of the products of a catalogue: made when it is first asked for, kept as long as they are. */
const INDEXES = new WeakMap<readonly string[], SuggestionIndex>();

/** One page of titles whose product is not known, with products of like names for people to choose from. */
export async function listUnidentified(
  deps: { db: Database; directory: string },
  search: string | undefined,
  page: Page<UnidentifiedOrderKey>,
): Promise<EndpointResult<typeof listUnidentifiedSoftware>> {
  const [read, count, { used }] = await Promise.all([
    unidentifiedList(deps.db, search, page),
    unidentifiedCount(deps.db, search),
    loadCatalogue(deps),
  ]);
  const { rows, meta } = pageResult(read, page);
  const one = await subjectSoftware(
    deps.db,
    rows.map((row) => row.subject_id),
  );
  const index = indexOf(used);
  const unidentified = rows.map(({ subject_id, ...title }) => {
    const software = one.get(subject_id);
    const vendor = software?.vendor ?? "";
    return {
      ...title,
      vendor,
      software_version_id: software?.software_version_id ?? 0,
      version: software?.version ?? "",
      why: software?.identity.why ?? "",
      suggestions: suggestProducts(index, { name: title.name, vendor }, SUGGESTIONS),
    };
  });
  return { count, unidentified, meta };
}

function indexOf(used: readonly string[]): SuggestionIndex {
  const known = INDEXES.get(used);
  if (known !== undefined) return known;
  const made = suggestionIndex(used);
  INDEXES.set(used, made);
  return made;
}
