import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { ApiError } from "#client/client.ts";
import { sourceLabel } from "#domain/software/sources.ts";
import type { SoftwareVersion } from "#protocol/rest/software.ts";
import { LIVE, softwareVersionQuery } from "../../data/queries.ts";
import { Answer } from "../../parts/answers.tsx";
import { countOf } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { PageShape, PageHead } from "../../parts/page.tsx";
import { AskCve } from "../../parts/vulnerability/ask-cve.tsx";
import { paths, searchText } from "../../paths.ts";
import type { DevicesSearch } from "../../search.ts";
import { Columns, Facts, Panel, Stack } from "../../ui/layout.tsx";
import { TitleIdentity } from "../vulnerabilities/identities/title-identity.tsx";
import { NotFoundPage } from "../not-found-page.tsx";
import { HoldersPanel } from "./holders-panel.tsx";
import { VersionVulnerabilities } from "./version-vulnerabilities.tsx";

const route = getRouteApi("/app/software/versions/$id");

/** One distinct software: what makes it distinct, and the devices that hold it. */
export function VersionPage() {
  const id = Number(route.useParams().id);
  const search = route.useSearch();
  const version = useQuery({ ...softwareVersionQuery(id), enabled: Number.isSafeInteger(id), refetchInterval: LIVE.list });
  if (!Number.isSafeInteger(id) || (version.error instanceof ApiError && version.error.status === 404)) return <NotFoundPage />;
  return (
    <Answer of={version} what="software version" shape={<PageShape />}>
      {(data) => (
        <>
          <PageHead
            title={data.display_name || data.name}
            version={data.release ? `${data.version}-${data.release}` : data.version || "no version"}
            lead={
              <>
                {sourceLabel(data.source)} on {countOf(data.hosts_count, "device")}. A version of{" "}
                <A href={paths.softwareTitle(data.software_title_id)}>{data.display_name || data.name}</A>.
              </>
            }
            actions={
              <AskCve name={`${data.display_name || data.name} ${data.version}`.trim()} of={{ software_version_id: id }} />
            }
          />
          <Stack gap={6}>
            <Columns min="large">
              <Identity version={data} />
            </Columns>
            <VersionVulnerabilities version={data} />
            <TitleIdentity
              of={{
                software_title_id: data.software_title_id,
                software_version_id: id,
                name: data.display_name || data.name,
                version: data.version,
                source: data.source,
              }}
            />
            <VersionHolders id={id} search={search} />
          </Stack>
        </>
      )}
    </Answer>
  );
}

function Identity({ version: v }: { version: SoftwareVersion }) {
  const facts = [
    { label: "Name", value: v.name },
    { label: "Version", value: v.version || "none" },
    { label: "Release", value: v.release },
    { label: "Architecture", value: v.arch },
    { label: "Vendor", value: v.vendor },
    { label: "Source", value: v.source },
    { label: "Bundle identifier", value: v.bundle_identifier },
    { label: "Upgrade code", value: v.upgrade_code },
    { label: "Application id", value: v.application_id },
    { label: "Extension id", value: v.extension_id },
    { label: "Extension for", value: v.extension_for },
    { label: "CPE", value: v.generated_cpe },
  ];
  return (
    <Panel title="Identity" note="the fields that make it distinct from all other software">
      <Facts facts={facts.filter((f) => f.value !== undefined && f.value !== "").map((f) => ({ ...f, mono: true }))} />
    </Panel>
  );
}

function VersionHolders({ id, search }: { id: number; search: DevicesSearch }) {
  const full = useMemo(() => ({ ...search, software_version_id: id }), [search, id]);
  return (
    <HoldersPanel
      search={full}
      href={({ software_version_id: _id, ...rest }) => `${paths.softwareVersion(id)}${searchText(rest)}`}
      all={paths.devices({ software_version_id: id })}
    />
  );
}
