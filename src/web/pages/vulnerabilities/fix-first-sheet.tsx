import type { FixFirst } from "#protocol/rest/vulnerability-judgement.ts";
import { countOf, formatCount } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { kindOfHost } from "../../parts/vulnerability/kind-of-host.ts";
import { paths } from "../../paths.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Cluster, Facts, Panel, Prose, Stack } from "../../ui/layout.tsx";
import { Mono, Quiet } from "../../ui/text.tsx";
import { kindOf } from "./fix-first-columns.tsx";
import { devicesToUpdate, vulnerabilitiesOf } from "./fix-first-links.ts";

/** One update: what it is, why it stands where it stands, and the worst of what it clears. */
export function FixFirstSheet({ fix, labelId, onClose }: { fix: FixFirst; labelId: number | undefined; onClose: () => void }) {
  const devices = devicesToUpdate(fix, labelId);
  const all = vulnerabilitiesOf(fix);
  return (
    <Dialog title={`Update ${fix.name}`} form="sheet" onClose={onClose}>
      <Stack gap={6}>
        <Cluster>
          {fix.software_title_id !== null && (
            <A href={paths.softwareTitle(fix.software_title_id, "vulnerabilities")} className={buttonClass("plain")}>
              Open the software
            </A>
          )}
          <A href={devices} className={buttonClass("plain")}>
            {countOf(fix.hosts_count, "device")}
          </A>
        </Cluster>
        <Panel title="What to do">
          <Facts
            facts={[
              { label: "Update", value: fix.name },
              { label: "To at least", value: fix.resolved_in_version, mono: true },
              { label: "Kind", value: fix.source_package === null ? kindOf(fix) : `${kindOf(fix)}, all of one source package` },
              { label: "On", value: fix.os_scope === "" ? "any kind of device" : kindOfHost(fix.os_scope) },
              { label: "Replaces", value: countOf(fix.software_count, "version") },
              { label: "Devices", value: formatCount(fix.hosts_count) },
            ]}
          />
        </Panel>
        <Why fix={fix} />
        <Panel title="It clears" note={`the worst of ${countOf(fix.vulnerabilities_count, "vulnerability", "vulnerabilities")}`}>
          <Stack gap={2}>
            {fix.cves.map((cve) => (
              <A key={cve} href={paths.vulnerability(cve)}>
                <Mono>{cve}</Mono>
              </A>
            ))}
            {all !== undefined && fix.vulnerabilities_count > fix.cves.length && (
              <Cluster>
                <A href={all} className={buttonClass("plain")}>
                  All {formatCount(fix.vulnerabilities_count)} of them
                </A>
              </Cluster>
            )}
          </Stack>
        </Panel>
      </Stack>
    </Dialog>
  );
}

function Why({ fix }: { fix: FixFirst }) {
  const exploited = fix.known_exploited_count;
  return (
    <Panel title="Why it stands here">
      <Prose>
        <p>
          It clears {countOf(fix.vulnerabilities_count, "open vulnerability", "open vulnerabilities")} on{" "}
          {countOf(fix.hosts_count, "device")}
          {exploited > 0 && `, ${formatCount(exploited)} of them known to be exploited`}. The worst has priority{" "}
          {Math.round(fix.priority)} of 100.
        </p>
        <p>
          Risk cleared: {formatCount(Math.round(fix.risk))}.{" "}
          <Quiet>The priority of each vulnerability times the devices that have it, added up.</Quiet>
        </p>
      </Prose>
    </Panel>
  );
}
