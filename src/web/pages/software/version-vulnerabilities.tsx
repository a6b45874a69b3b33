import type { VulnerabilityOfSoftware } from "#protocol/rest/vulnerability-shapes.ts";
import type { SoftwareVersion } from "#protocol/rest/software.ts";
import { countOf } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { FindingsTable } from "../../parts/vulnerability/findings-table.tsx";
import { SuppressedNote } from "../../parts/vulnerability/suppressed-note.tsx";
import { paths } from "../../paths.ts";
import { Panel, Prose, Stack } from "../../ui/layout.tsx";

/** What is known to be wrong with exactly this version. */
export function VersionVulnerabilities({ version }: { version: SoftwareVersion }) {
  const findings = (version.vulnerabilities ?? []).filter((v): v is VulnerabilityOfSoftware => "severity" in v);
  const within = { software_version_id: version.id };
  return (
    <Panel
      title="Vulnerabilities"
      note={version.vulnerabilities_count === 0 ? "none is known" : countOf(version.vulnerabilities_count, "open one")}
      action={<A href={paths.vulnerabilities(within)}>Open in Vulnerabilities</A>}
      flush
    >
      <Stack gap={2}>
        {findings.length === 0 ? (
          <Prose>
            <p>
              Nothing is known of it in the feeds that are loaded. Ask why it has, or has not, a certain vulnerability on the page
              of that vulnerability.
            </p>
          </Prose>
        ) : (
          <FindingsTable
            label={`Vulnerabilities of ${version.name} ${version.version}`}
            findings={findings}
            of={{ software_version_id: version.id }}
          />
        )}
        <SuppressedNote within={within} />
      </Stack>
    </Panel>
  );
}
