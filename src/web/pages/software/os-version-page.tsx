import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { ApiError } from "#client/client.ts";
import type { OsVersion } from "#protocol/rest/software.ts";
import { LIVE, osVersionQuery } from "../../data/queries.ts";
import { Answer } from "../../parts/answers.tsx";
import { countOf, formatCount } from "../../parts/format.ts";
import { PlatformIcon, platformLabel } from "../../parts/host.tsx";
import { A } from "../../parts/link.tsx";
import { PageHead, PageShape } from "../../parts/page.tsx";
import { FindingsTable } from "../../parts/vulnerability/findings-table.tsx";
import { SuppressedNote } from "../../parts/vulnerability/suppressed-note.tsx";
import { paths, searchText } from "../../paths.ts";
import type { DevicesSearch } from "../../search.ts";
import { Beside, Panel, Prose, Stack } from "../../ui/layout.tsx";
import { SimpleTable } from "../../ui/simple-table.tsx";
import { Mono } from "../../ui/text.tsx";
import { NotFoundPage } from "../not-found-page.tsx";
import { HoldersPanel } from "./holders-panel.tsx";

const route = getRouteApi("/app/software/os/$id");

/** One version of an operating system: its vulnerabilities, its kernels, and the devices that run it. */
export function OsVersionPage() {
  const id = Number(route.useParams().id);
  const search = route.useSearch();
  const system = useQuery({ ...osVersionQuery(id), enabled: Number.isSafeInteger(id), refetchInterval: LIVE.list });
  if (!Number.isSafeInteger(id) || (system.error instanceof ApiError && system.error.status === 404)) return <NotFoundPage />;
  return (
    <Answer of={system} what="operating system" shape={<PageShape />}>
      {(data) => (
        <>
          <PageHead
            title={data.name}
            lead={
              <Beside icon={<PlatformIcon platform={data.platform} />}>
                {platformLabel(data.platform)} on {countOf(data.hosts_count, "device")}
              </Beside>
            }
          />
          <Stack gap={6}>
            <SystemVulnerabilities system={data} />
            <Kernels system={data} />
            <SystemHolders id={data.os_version_id} search={search} />
          </Stack>
        </>
      )}
    </Answer>
  );
}

function SystemVulnerabilities({ system }: { system: OsVersion }) {
  const within = { os_version_id: system.os_version_id };
  const { vulnerabilities, vulnerabilities_count: count } = system;
  const more = count - vulnerabilities.length;
  return (
    <Panel
      title="Vulnerabilities"
      note={
        count === 0 ? "none is known" : `${countOf(count, "open one")}${system.kernels === undefined ? "" : ", of its kernels"}`
      }
      action={<A href={paths.vulnerabilities(within)}>Open in Vulnerabilities</A>}
      flush
    >
      <Stack gap={2}>
        {vulnerabilities.length === 0 ? (
          <Prose>
            <p>
              {system.kernels === undefined
                ? "Nothing is known of this build in the feeds that are loaded."
                : "Nothing is known of the kernels of these devices. Vulnerabilities of packages stand with the packages."}
            </p>
          </Prose>
        ) : (
          <FindingsTable label={`Vulnerabilities of ${system.name}`} findings={vulnerabilities} of={within} />
        )}
        {more > 0 && <p>{countOf(more, "more vulnerability", "more vulnerabilities")} in the list of vulnerabilities.</p>}
        <SuppressedNote within={within} />
      </Stack>
    </Panel>
  );
}

function Kernels({ system }: { system: OsVersion }) {
  const kernels = system.kernels ?? [];
  if (kernels.length === 0) return null;
  return (
    <Panel title="Kernels" note="installed on its devices, the most common first" flush>
      <SimpleTable
        label="Kernels"
        head={["Kernel", "Version", "Vulnerabilities", "Installed on", "Running on"]}
        rows={kernels.map((kernel) => ({
          key: String(kernel.id),
          cells: [
            <A key="name" href={paths.softwareVersion(kernel.id)}>
              {kernel.name}
            </A>,
            <Mono key="version">{kernel.version}</Mono>,
            kernel.vulnerabilities === null ? (
              "none"
            ) : (
              <A key="found" href={paths.vulnerabilities({ software_version_id: kernel.id })}>
                {formatCount(kernel.vulnerabilities.length)}
              </A>
            ),
            <A key="hosts" href={paths.devices({ software_version_id: kernel.id, os_version_id: system.os_version_id })}>
              {countOf(kernel.hosts_count, "device")}
            </A>,
            countOf(kernel.running_hosts_count, "device"),
          ],
        }))}
      />
    </Panel>
  );
}

function SystemHolders({ id, search }: { id: number; search: DevicesSearch }) {
  const full = useMemo(() => ({ ...search, os_version_id: id }), [search, id]);
  return (
    <HoldersPanel
      search={full}
      href={({ os_version_id: _id, ...rest }) => `${paths.operatingSystem(id)}${searchText(rest)}`}
      all={paths.devices({ os_version_id: id })}
    />
  );
}
