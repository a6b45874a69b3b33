import { useQuery } from "@tanstack/react-query";
import { titleQuery } from "../../data/queries.ts";
import { FilterChip } from "../../parts/table/table-bar.tsx";
import { PlatformChoice } from "../../parts/table/platform-choice.tsx";
import { SourceChoice } from "../../parts/table/source-choice.tsx";
import { TypedFilters } from "../../parts/table/typed-filters.tsx";
import type { TypedField } from "../../parts/table/typed-filters.tsx";
import { VulnerableChoice } from "../../parts/vulnerability/vulnerable-choice.tsx";
import { dayTime } from "../../search.ts";
import type { SoftwareSearch } from "../../search.ts";
import { present } from "../../search-values.ts";
import { LabelFilter } from "../labels/label-filter.tsx";

/** Filters that need typing, with the words of their chips. */
const TYPED = {
  vendor: { label: "Vendor", kind: "text" },
  first_seen_since: { label: "First seen since", kind: "day" },
  first_seen_until: { label: "First seen until", kind: "day" },
  hosts_count_min: { label: "Devices, at least", kind: "count" },
  hosts_count_max: { label: "Devices, at most", kind: "count" },
  min_cvss_score: { label: "CVSS, at least", kind: "decimal" },
} as const;
/** Those that only one of the two lists has. */
const TYPED_OF = {
  titles: {
    ...TYPED,
    versions_count_min: { label: "Versions, at least", kind: "count" },
    versions_count_max: { label: "Versions, at most", kind: "count" },
    identifier: { label: "Identifier", kind: "text" },
  },
  versions: { ...TYPED, arch: { label: "Architecture", kind: "text" } },
} as const satisfies Record<string, Readonly<Record<string, TypedField>>>;

/** The REST filters of a software search. A day means all of it, in UTC. */
export function softwareFiltersOf(search: SoftwareSearch) {
  const { source, platform, label_id, vendor, first_seen_since, first_seen_until, hosts_count_min, hosts_count_max } = search;
  const { vulnerable, exploit, min_cvss_score } = search;
  const filters = {
    source,
    platform,
    label_id,
    vendor,
    first_seen_since: dayTime(first_seen_since, "since"),
    first_seen_until: dayTime(first_seen_until, "until"),
    hosts_count_min,
    hosts_count_max,
    vulnerable,
    exploit,
    min_cvss_score,
  };
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined)) as {
    [K in keyof typeof filters]?: Exclude<(typeof filters)[K], undefined>;
  };
}

export function isFiltered(search: SoftwareSearch): boolean {
  return (
    search.query !== undefined ||
    [softwareFiltersOf, titleFiltersOf, versionFiltersOf].some((filtersOf) => Object.keys(filtersOf(search)).length > 0)
  );
}

/** The REST filters that only titles have, and those that only versions have. */
export function titleFiltersOf({ identifier, versions_count_min, versions_count_max }: SoftwareSearch) {
  return present({ identifier, versions_count_min, versions_count_max });
}
export function versionFiltersOf({ arch, software_title_id }: SoftwareSearch) {
  return present({ arch, software_title_id });
}

interface FiltersProps {
  of: keyof typeof TYPED_OF;
  search: SoftwareSearch;
  onChange: (change: SoftwareSearch) => void;
}

/** Filters of titles and versions: the usual ones at hand, the typed ones in a box, and what is set as chips. */
export function SoftwareFilters({ of, search, onChange }: FiltersProps) {
  const { vulnerable: _vulnerable, exploit: _exploit, ...typed } = search;
  return (
    <>
      <SourceChoice value={search.source} onChoose={(source) => onChange({ source })} />
      <PlatformChoice value={search.platform} onChoose={(platform) => onChange({ platform })} />
      <LabelFilter value={search.label_id} onChoose={(label_id) => onChange({ label_id })} />
      <VulnerableChoice chosen={search} onChoose={onChange} />
      {search.software_title_id !== undefined && (
        <TitleChip id={search.software_title_id} onRemove={() => onChange({ software_title_id: undefined })} />
      )}
      <TypedFilters<string> fields={TYPED_OF[of]} values={typed} onChange={(change) => onChange(change)} />
    </>
  );
}

function TitleChip({ id, onRemove }: { id: number; onRemove: () => void }) {
  const title = useQuery(titleQuery(id)).data;
  return <FilterChip label="Versions of" value={title?.display_name ?? `title ${id}`} onRemove={onRemove} />;
}
