import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Suppression } from "#protocol/rest/vulnerability-decisions.ts";
import { decisionsQuery, suppressionsQuery } from "../../data/vulnerability-decisions.ts";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { countOf } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { DecisionTable } from "../../parts/vulnerability/decision-table.tsx";
import { KIND_LABELS } from "../../parts/vulnerability/decision-words.ts";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/button.tsx";
import { Panel, Stack } from "../../ui/layout.tsx";
import { SimpleTable } from "../../ui/simple-table.tsx";
import { Mono } from "../../ui/text.tsx";
import type { VulnerabilityAnswer } from "./affected-tab.tsx";
import { MakeDecision } from "./make-decision.tsx";

const DECISIONS_SHOWN = 200;

/** What was decided about it, and which findings are suppressed by that, by VEX documents or by the vendor. */
export function DecisionsTab({ data }: { data: VulnerabilityAnswer }) {
  const { cve } = data.vulnerability;
  const [deciding, setDeciding] = useState(false);
  const decisions = useQuery(decisionsQuery({ cve, per_page: DECISIONS_SHOWN, order_key: "id", order_direction: "desc" }));
  const decide = (
    <Button look="primary" onClick={() => setDeciding(true)}>
      Make a decision…
    </Button>
  );
  return (
    <>
      <Answer of={decisions} what="list of decisions">
        {({ decisions: all, count }) =>
          count === 0 ? (
            <Nothing title="Nothing was decided" action={decide}>
              <p>
                Accept a risk for a time, or call findings false positives: on one device, on a label or everywhere, for one
                version or all. They stay visible as suppressed, with who decided and why.
              </p>
            </Nothing>
          ) : (
            <Panel title="Decisions" note={countOf(count, "decision")} action={decide} flush>
              <DecisionTable decisions={all} />
            </Panel>
          )
        }
      </Answer>
      <Suppressed cve={cve} />
      {deciding && <MakeDecision data={data} onClose={() => setDeciding(false)} />}
    </>
  );
}

function Suppressed({ cve }: { cve: string }) {
  const rows = useQuery(suppressionsQuery(cve)).data ?? [];
  if (rows.length === 0) return null;
  return (
    <Stack gap={6}>
      <span />
      <Panel title="Suppressed now" note={countOf(rows.length, "finding")} flush>
        <SimpleTable
          label={`Suppressed findings of ${cve}`}
          head={["Software", "Where", "By", "Reason", "Until"]}
          rows={rows.map((row, index) => ({
            key: String(index),
            cells: [
              <Named key="software" row={row} />,
              <Where key="where" row={row} />,
              `${KIND_LABELS[row.kind]}, ${row.by}`,
              row.reason,
              row.until === null ? "no day is set" : row.until.slice(0, 10),
            ],
          }))}
        />
      </Panel>
    </Stack>
  );
}

function Named({ row }: { row: Suppression }) {
  const words = (
    <>
      {row.name} <Mono>{row.version}</Mono>
    </>
  );
  return row.software_version_id === null ? (
    <span>{words}</span>
  ) : (
    <A href={paths.softwareVersion(row.software_version_id)}>{words}</A>
  );
}

function Where({ row }: { row: Suppression }) {
  if (row.host_id !== null) return <A href={paths.device(row.host_id)}>one device</A>;
  return row.label_id === null ? <span>everywhere</span> : <A href={paths.label(row.label_id)}>a label</A>;
}
