import { sourceLabel } from "#domain/software/sources.ts";
import type { HostSoftwareTitle } from "#protocol/rest/host-software.ts";
import type { HostDetail } from "#protocol/rest/hosts.ts";
import { A } from "../../parts/link.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { paths } from "../../paths.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Cluster, Facts, Panel, Stack } from "../../ui/layout.tsx";
import { PathList } from "../../ui/path-list.tsx";
import { Quiet } from "../../ui/text.tsx";
import { fullVersion, LastOpened } from "./device-software-columns.tsx";

type Installed = HostSoftwareTitle["installed_versions"][number];

/** One title on one device, closely: each version with where it lies, since when, and when it was used. */
export function SoftwareSheet({ title, host, onClose }: { title: HostSoftwareTitle; host: HostDetail; onClose: () => void }) {
  return (
    <Dialog title={title.display_name || title.name} form="sheet" onClose={onClose}>
      <Stack gap={4}>
        <Quiet>
          {sourceLabel(title.source)} on {host.display_name}
        </Quiet>
        <Cluster>
          <A href={paths.softwareTitle(title.id)} className={buttonClass("plain")}>
            All versions and devices
          </A>
        </Cluster>
        {title.installed_versions.map((version) => (
          <VersionPanel key={version.id} version={version} />
        ))}
      </Stack>
    </Dialog>
  );
}

function VersionPanel({ version }: { version: Installed }) {
  const words = fullVersion(version) || "no version";
  return (
    <Panel title={`Version ${words}`} action={<A href={paths.softwareVersion(version.id)}>Open this version</A>}>
      <Facts
        facts={[
          { label: "Version", value: words, mono: true },
          ...given("Architecture", version.arch),
          ...given("Vendor", version.vendor),
          ...given("Bundle identifier", version.bundle_identifier),
          { label: "Seen here since", value: <RelativeTime time={version.installed_at} /> },
          ...given("Installed by", version.installed_by),
          { label: "Last opened", value: <LastOpened time={version.last_opened_at} /> },
          { label: "Installed paths", value: <PathList paths={version.installed_paths} none="not told by this source" /> },
          ...version.signature_information.map((s) => ({
            label: "Signed by team",
            value: s.team_identifier || "not signed by a team",
            mono: s.team_identifier !== "",
          })),
        ]}
      />
    </Panel>
  );
}

function given(label: string, value: string | undefined): { label: string; value: string }[] {
  return value ? [{ label, value }] : [];
}
