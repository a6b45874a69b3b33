import { useQuery } from "@tanstack/react-query";
import { osVersionQuery, softwareVersionQuery, titleQuery } from "../../data/queries.ts";
import { FilterChip } from "../../parts/table/table-bar.tsx";
import { kindOfHost } from "../../parts/vulnerability/kind-of-host.ts";
import { useGo } from "../../parts/use-go.ts";
import type { DevicesSearch } from "../../search.ts";

/** The filters that come from a count that was followed: software, version, operating system; each by its name. */
export function LinkedFilters({ search, hrefWith }: { search: DevicesSearch; hrefWith: (change: DevicesSearch) => string }) {
  const go = useGo();
  const { software_title_id, software_version_id, os_version_id, not_opened_for_days, vulnerability, os_scope, fix_id } = search;
  return (
    <>
      {software_title_id !== undefined && (
        <TitleFilter id={software_title_id} href={hrefWith({ software_title_id: undefined, not_opened_for_days: undefined })} />
      )}
      {vulnerability !== undefined && (
        <FilterChip label="Has" value={vulnerability} onRemove={() => go(hrefWith({ vulnerability: undefined }))} />
      )}
      {os_scope !== undefined && (
        <FilterChip label="Kind" value={kindOfHost(os_scope)} onRemove={() => go(hrefWith({ os_scope: undefined }))} />
      )}
      {fix_id !== undefined && (
        <FilterChip label="Needs" value={`update ${fix_id}`} onRemove={() => go(hrefWith({ fix_id: undefined }))} />
      )}
      {not_opened_for_days !== undefined && (
        <FilterChip
          label="Not opened for"
          value={`${not_opened_for_days} days`}
          onRemove={() => go(hrefWith({ not_opened_for_days: undefined }))}
        />
      )}
      {software_version_id !== undefined && (
        <VersionFilter id={software_version_id} href={hrefWith({ software_version_id: undefined })} />
      )}
      {os_version_id !== undefined && <OsFilter id={os_version_id} href={hrefWith({ os_version_id: undefined })} />}
    </>
  );
}

function TitleFilter({ id, href }: { id: number; href: string }) {
  const go = useGo();
  const title = useQuery(titleQuery(id)).data;
  return <FilterChip label="Has" value={title?.display_name ?? `software ${id}`} onRemove={() => go(href)} />;
}

function VersionFilter({ id, href }: { id: number; href: string }) {
  const go = useGo();
  const version = useQuery(softwareVersionQuery(id)).data;
  const name = version === undefined ? `version ${id}` : `${version.display_name} ${version.version}`;
  return <FilterChip label="Has" value={name} onRemove={() => go(href)} />;
}

function OsFilter({ id, href }: { id: number; href: string }) {
  const go = useGo();
  const os = useQuery(osVersionQuery(id)).data;
  return <FilterChip label="Runs" value={os?.name ?? `system ${id}`} onRemove={() => go(href)} />;
}
