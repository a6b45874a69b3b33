import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { adoptionQuery } from "../../data/queries.ts";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { countOf, formatCount } from "../../parts/format.ts";
import { useGo } from "../../parts/use-go.ts";
import { paths } from "../../paths.ts";
import { ADOPTION_DAYS } from "../../search.ts";
import type { TitleSearch } from "../../search.ts";
import { AreaPlot } from "../../ui/area-plot.tsx";
import { Select } from "../../ui/field.tsx";
import { Folded } from "../../ui/folded.tsx";
import { Panel } from "../../ui/layout.tsx";
import { SimpleTable } from "../../ui/simple-table.tsx";
import { Quiet } from "../../ui/text.tsx";

const DAYS_USUAL = 90;

interface Series {
  version: string;
  hosts_counts: number[];
}

interface AdoptionAnswer {
  days: string[];
  versions: Series[];
  other: { versions_count: number; hosts_counts: number[] };
  counted_since: string | null;
}

/** How the versions of a title took over from each other. */
export function TitleAdoptionTab({ id, name, search }: { id: number; name: string; search: TitleSearch }) {
  const go = useGo();
  const days = search.days ?? DAYS_USUAL;
  const adoption = useQuery(adoptionQuery(id, { days }));
  return (
    <Panel
      title="Versions over time"
      note="devices on each version, at the end of each day (UTC)"
      action={
        <Select
          label="Days"
          value={String(days)}
          options={ADOPTION_DAYS.map((n) => ({ value: String(n), label: `${n} days` }))}
          onChoose={(value) =>
            go(paths.softwareTitle(id, "adoption", { ...search, days: ADOPTION_DAYS.find((n) => String(n) === value) }))
          }
        />
      }
    >
      <Answer of={adoption} what="versions over time">
        {(data) =>
          data.versions.length === 0 ? (
            <Nothing title="No device held it in these days">
              <p>Choose more days, or look at its history.</p>
            </Nothing>
          ) : (
            <Adoption name={name} data={data} />
          )
        }
      </Answer>
    </Panel>
  );
}

function Adoption({ name, data }: { name: string; data: AdoptionAnswer }) {
  const layers = useMemo(
    () => data.versions.map((v) => ({ label: v.version || "no version", values: v.hosts_counts })),
    [data.versions],
  );
  const { versions_count, hosts_counts } = data.other;
  const rest = useMemo(
    () => (versions_count === 0 ? null : { label: countOf(versions_count, "other version"), values: hosts_counts }),
    [versions_count, hosts_counts],
  );
  const all = rest === null ? layers : [...layers, rest];
  const changes = data.days.map((_, i) => i).filter((i) => i === 0 || all.some((l) => l.values[i] !== l.values[i - 1]));
  return (
    <>
      <AreaPlot label={`Versions of ${name} over time`} days={data.days} layers={layers} rest={rest} />
      {data.counted_since !== null && data.counted_since > (data.days[0] ?? "") && (
        <Quiet small>Counted since {data.counted_since}; what was held before is not known.</Quiet>
      )}
      <Folded summary="The same as a table, of days on which it changed">
        <SimpleTable
          label={`Devices on each version of ${name}`}
          head={["Day", ...all.map((l) => l.label)]}
          rows={changes.toReversed().map((i) => ({
            key: data.days[i] ?? "",
            cells: [data.days[i], ...all.map((l) => formatCount(l.values[i] ?? 0))],
          }))}
        />
      </Folded>
    </>
  );
}
