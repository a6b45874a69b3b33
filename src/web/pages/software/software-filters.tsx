import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { SOURCES } from "#domain/software/sources.ts";
import { titleQuery } from "../../data/queries.ts";
import { PLATFORM_LABELS } from "../../parts/platform-labels.ts";
import { FilterChip } from "../../parts/table/table-bar.tsx";
import { PLATFORMS } from "../../search.ts";
import type { SoftwareSearch } from "../../search.ts";
import { Button } from "../../ui/button.tsx";
import { Select, TextField } from "../../ui/field.tsx";
import { Stack } from "../../ui/layout.tsx";
import { Popover } from "../../ui/popover.tsx";
import { LabelFilter } from "../labels/label-filter.tsx";

const SOURCE_OPTIONS = SOURCES.map((s) => ({ value: s.source, label: s.label }));
const PLATFORM_OPTIONS = PLATFORMS.map((value) => ({ value, label: PLATFORM_LABELS[value] }));
/** Filters that need typing, with the words of their chips. */
const TYPED = {
  vendor: "Vendor",
  first_seen_since: "First seen since",
  first_seen_until: "First seen until",
  hosts_count_min: "Devices, at least",
  hosts_count_max: "Devices, at most",
} as const;
type Typed = keyof typeof TYPED;
const TYPED_NAMES = Object.keys(TYPED) as Typed[];

/** The REST filters of a software search. A day means all of it, in UTC. */
export function softwareFiltersOf(search: SoftwareSearch) {
  const { source, platform, label_id, vendor, first_seen_since, first_seen_until, hosts_count_min, hosts_count_max } = search;
  const filters = {
    source,
    platform,
    label_id,
    vendor,
    first_seen_since: first_seen_since === undefined ? undefined : `${first_seen_since}T00:00:00Z`,
    first_seen_until: first_seen_until === undefined ? undefined : `${first_seen_until}T23:59:59.999Z`,
    hosts_count_min,
    hosts_count_max,
  };
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined)) as {
    [K in keyof typeof filters]?: Exclude<(typeof filters)[K], undefined>;
  };
}

export function isFiltered(search: SoftwareSearch): boolean {
  return (
    search.query !== undefined || search.software_title_id !== undefined || Object.keys(softwareFiltersOf(search)).length > 0
  );
}

interface FiltersProps {
  search: SoftwareSearch;
  onChange: (change: SoftwareSearch) => void;
}

/** Filters of titles and versions: the usual ones at hand, the typed ones in a box, and what is set as chips. */
export function SoftwareFilters({ search, onChange }: FiltersProps) {
  return (
    <>
      <Select
        label="Source"
        any="Any source"
        value={search.source}
        options={SOURCE_OPTIONS}
        onChoose={(source) => onChange({ source })}
      />
      <Select
        label="Platform"
        any="Any platform"
        value={search.platform}
        options={PLATFORM_OPTIONS}
        onChoose={(platform) => onChange({ platform })}
      />
      <LabelFilter value={search.label_id} onChoose={(label_id) => onChange({ label_id })} />
      <Popover kind="dialog" label="More filters" trigger={(props) => <Button {...props}>More filters</Button>}>
        {(close) => (
          <TypedFilters
            search={search}
            onChange={(change) => {
              onChange(change);
              close();
            }}
          />
        )}
      </Popover>
      {search.software_title_id !== undefined && (
        <TitleChip id={search.software_title_id} onRemove={() => onChange({ software_title_id: undefined })} />
      )}
      {TYPED_NAMES.map((name) =>
        search[name] === undefined ? null : (
          <FilterChip key={name} label={TYPED[name]} value={search[name]} onRemove={() => onChange({ [name]: undefined })} />
        ),
      )}
    </>
  );
}

function TitleChip({ id, onRemove }: { id: number; onRemove: () => void }) {
  const title = useQuery(titleQuery(id)).data;
  return <FilterChip label="Versions of" value={title?.display_name ?? `title ${id}`} onRemove={onRemove} />;
}

function TypedFilters({ search, onChange }: FiltersProps) {
  const [values, setValues] = useState(() => Object.fromEntries(TYPED_NAMES.map((name) => [name, String(search[name] ?? "")])));
  const field = (name: Typed, kind: object) => (
    <TextField
      key={name}
      label={TYPED[name]}
      value={values[name] ?? ""}
      onChange={(event) => setValues({ ...values, [name]: event.target.value })}
      {...kind}
    />
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onChange(typedOf(values));
      }}
    >
      <Stack gap={3}>
        {field("vendor", { maxLength: 255, autoComplete: "off" })}
        {field("first_seen_since", { type: "date" })}
        {field("first_seen_until", { type: "date" })}
        {field("hosts_count_min", { type: "number", min: 1 })}
        {field("hosts_count_max", { type: "number", min: 1 })}
        <Button look="primary" type="submit">
          Apply
        </Button>
      </Stack>
    </form>
  );
}

function typedOf(values: Record<string, string>): SoftwareSearch {
  const text = (name: Typed) => (values[name]?.trim() === "" ? undefined : values[name]?.trim());
  const number = (name: Typed) => {
    const value = Number(text(name) ?? Number.NaN);
    return Number.isSafeInteger(value) && value > 0 ? value : undefined;
  };
  return {
    vendor: text("vendor"),
    first_seen_since: text("first_seen_since"),
    first_seen_until: text("first_seen_until"),
    hosts_count_min: number("hosts_count_min"),
    hosts_count_max: number("hosts_count_max"),
  };
}
