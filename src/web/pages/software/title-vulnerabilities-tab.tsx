import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { LIVE } from "../../data/queries.ts";
import { vulnerabilitiesQuery } from "../../data/vulnerability-queries.ts";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { countOf } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { DataTable } from "../../parts/table/data-table.tsx";
import { SeverityMark } from "../../parts/vulnerability/severity.tsx";
import { SuppressedNote } from "../../parts/vulnerability/suppressed-note.tsx";
import { useGo } from "../../parts/use-go.ts";
import { paths } from "../../paths.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Panel, Stack } from "../../ui/layout.tsx";
import { TitleIdentity } from "../vulnerabilities/identities/title-identity.tsx";
import { vulnerabilityColumns, type VulnerabilityRow } from "../vulnerabilities/vulnerability-columns.tsx";

const SHOWN = 100;
const ORDER = { order_key: "priority", order_direction: "desc" } as const;
const COLUMNS = vulnerabilityColumns(undefined);
const SHOWN_COLUMNS = ["cve", "severity", "cisa_known_exploit", "cve_description", "epss_probability", "priority", "created_at"];

/** The vulnerabilities that any version of a title has, the most urgent first. */
export function TitleVulnerabilitiesTab({ id, name, source }: { id: number; name: string; source: string }) {
  return (
    <Stack gap={6}>
      <OpenVulnerabilities id={id} name={name} />
      <TitleIdentity of={{ software_title_id: id, name, source }} />
    </Stack>
  );
}

function OpenVulnerabilities({ id, name }: { id: number; name: string }) {
  const go = useGo();
  const list = useQuery({
    ...vulnerabilitiesQuery({ software_title_id: id, per_page: SHOWN, ...ORDER }),
    refetchInterval: LIVE.list,
    placeholderData: keepPreviousData,
  });
  const rows = useMemo(
    () => (list.data?.vulnerabilities ?? []).map((row, index): VulnerabilityRow => ({ ...row, id: index + 1 })),
    [list.data],
  );
  const all = paths.vulnerabilities({ software_title_id: id });
  return (
    <Panel
      title="Open vulnerabilities"
      note={list.data === undefined ? "counting" : noteOf(list.data.count)}
      action={<A href={all}>Open in Vulnerabilities</A>}
      flush
    >
      <Answer of={list} what="vulnerabilities of this software">
        {() =>
          rows.length === 0 ? (
            <NoneKnown name={name} />
          ) : (
            <DataTable
              label={`Vulnerabilities of ${name}`}
              columns={COLUMNS}
              rows={rows}
              shown={SHOWN_COLUMNS}
              order={ORDER}
              onOrder={(order) => go(paths.vulnerabilities({ software_title_id: id, ...(order as object) }))}
              stale={list.isPlaceholderData}
              href={(row) => paths.vulnerability(row.cve)}
              nameOf={(row) => row.cve}
              secondary={(row) => <SeverityMark severity={row.severity} score={row.cvss_score} />}
            />
          )
        }
      </Answer>
      <SuppressedNote within={{ software_title_id: id }} />
    </Panel>
  );
}

function noteOf(count: number): string {
  const words = countOf(count, "vulnerability", "vulnerabilities");
  return count > SHOWN ? `the ${SHOWN} most urgent of ${words}` : words;
}

function NoneKnown({ name }: { name: string }) {
  return (
    <Nothing
      title="No open vulnerability is known"
      action={
        <A href={paths.unidentified()} className={buttonClass("plain")}>
          See what could not be identified
        </A>
      }
    >
      <p>
        The versions of {name} that devices hold were compared with the feeds that are loaded. What is not identified, or older
        than what a feed tells, is not assessed.
      </p>
    </Nothing>
  );
}
