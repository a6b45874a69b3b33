import type { HostsQuery } from "../../data/queries.ts";
import { DEVICE_DAYS, dayTime } from "../../search.ts";
import type { DevicesSearch } from "../../search.ts";
import { present } from "../../search-values.ts";

/** Filters that need typing, with the words of their chips. */
export const TYPED_DEVICE_FILTERS = {
  hardware_model: { label: "Model", kind: "text" },
  software_count_min: { label: "Software, at least", kind: "count" },
  software_count_max: { label: "Software, at most", kind: "count" },
  memory_min: { label: "Memory, at least", kind: "gigabytes" },
  memory_max: { label: "Memory, at most", kind: "gigabytes" },
  created_since: { label: "First seen since", kind: "day" },
  created_until: { label: "First seen until", kind: "day" },
  last_enrolled_since: { label: "Enrolled since", kind: "day" },
  last_enrolled_until: { label: "Enrolled until", kind: "day" },
  seen_since: { label: "Seen since", kind: "day" },
  seen_until: { label: "Last seen until", kind: "day" },
  software_updated_since: { label: "Software changed since", kind: "day" },
  software_updated_until: { label: "Software changed until", kind: "day" },
} as const;

/** The REST filters of a devices search, without its words. A day means all of it, in UTC. */
export function deviceFiltersOf(search: DevicesSearch): Partial<HostsQuery> {
  const {
    status,
    platform,
    label_id,
    software_title_id,
    software_version_id,
    os_version_id,
    vulnerability,
    os_scope,
    fix_id,
    not_opened_for_days,
  } = search;
  const { hardware_model, agent, software_count_min, software_count_max, memory_min, memory_max } = search;
  const days = DEVICE_DAYS.map((name) => [name, dayTime(search[name], name.endsWith("_since") ? "since" : "until")] as const);
  return present({
    status,
    platform,
    label_id,
    software_title_id,
    software_version_id,
    os_version_id,
    vulnerability,
    os_scope,
    fix_id,
    not_opened_for_days,
    hardware_model,
    agent,
    software_count_min,
    software_count_max,
    memory_min,
    memory_max,
    ...(Object.fromEntries(days) as Partial<HostsQuery>),
  });
}
