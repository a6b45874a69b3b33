import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import type { EndpointResult } from "#protocol/endpoint.ts";
import type { vulnerabilityExposure } from "#protocol/rest/vulnerabilities.ts";
import { LIVE } from "../../data/queries.ts";
import { exposureQuery } from "../../data/vulnerability-queries.ts";
import { Answer } from "../../parts/answers.tsx";
import { formatCount, formatDuration } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { PageHead } from "../../parts/page.tsx";
import { useGo } from "../../parts/use-go.ts";
import { paths } from "../../paths.ts";
import { EXPOSURE_DAYS, EXPOSURE_MEASURES } from "../../search-vulnerability-views.ts";
import type { ExposureMeasure, ExposureSearch } from "../../search-vulnerability-views.ts";
import { AreaPlot } from "../../ui/area-plot.tsx";
import { Select } from "../../ui/field.tsx";
import { FigureRow } from "../../ui/figures.tsx";
import { Folded } from "../../ui/folded.tsx";
import { Panel, Prose, Stack } from "../../ui/layout.tsx";
import { SimpleTable } from "../../ui/simple-table.tsx";
import { Quiet } from "../../ui/text.tsx";
import type { Layer } from "../../ui/stacked.ts";
import { NoVulnerabilities } from "./no-vulnerabilities.tsx";
import { TimesToFix } from "./times-to-fix.tsx";
import { VulnerabilityTabs } from "./vulnerability-tabs.tsx";

const route = getRouteApi("/app/vulnerabilities/exposure");
const DAYS_USUAL = 90;
const DAY_SECONDS = 86_400;

type ExposureAnswer = EndpointResult<typeof vulnerabilityExposure>;
type ExposureDay = ExposureAnswer["days"][number];
type Counted = Exclude<keyof ExposureDay, "day">;

const MEASURES: Readonly<Record<ExposureMeasure, { label: string; note: string }>> = {
  severity: { label: "Open, by severity", note: "open vulnerabilities at the end of each day (UTC)" },
  exploited: {
    label: "Known to be exploited",
    note: "open vulnerabilities of CISA's catalogue (KEV), at the end of each day (UTC)",
  },
  hosts: { label: "Devices exposed", note: "devices with one that is critical or exploited, at the end of each day (UTC)" },
  opened: { label: "New", note: "vulnerabilities that came to the fleet on each day (UTC)" },
  closed: { label: "Gone", note: "vulnerabilities that left the fleet on each day (UTC)" },
};
/** Layers of a plot from the lowest up; of severities, what nobody rated stands below all. */
const LAYERS: Readonly<Record<ExposureMeasure, readonly [Counted, string][]>> = {
  severity: [
    ["low", "Low"],
    ["medium", "Medium"],
    ["high", "High"],
    ["critical", "Critical"],
  ],
  exploited: [["exploited", "Exploited"]],
  hosts: [["hosts_count", "Devices"]],
  opened: [["opened", "New"]],
  closed: [["closed", "Gone"]],
};
const TABLE: readonly [Counted, string][] = [
  ["critical", "Critical"],
  ["high", "High"],
  ["medium", "Medium"],
  ["low", "Low"],
  ["unknown", "Not rated"],
  ["exploited", "Exploited"],
  ["hosts_count", "Devices exposed"],
  ["opened", "New"],
  ["closed", "Gone"],
];

/** How exposed the fleet has been, and how fast vulnerabilities are fixed. */
export function ExposurePage() {
  const search = route.useSearch();
  const days = search.days ?? DAYS_USUAL;
  const answer = useQuery({ ...exposureQuery(days), refetchInterval: LIVE.list });
  return (
    <>
      <PageHead title="Exposure over time">
        <VulnerabilityTabs at="exposure" />
      </PageHead>
      <Answer of={answer} what="exposure over time">
        {(data) =>
          isEmpty(data) ? <NoVulnerabilities filtered={false} /> : <Exposure data={data} search={search} days={days} />
        }
      </Answer>
    </>
  );
}

function isEmpty({ days }: ExposureAnswer): boolean {
  return days.every((day) => TABLE.every(([name]) => day[name] === 0));
}

function Exposure({ data, search, days }: { data: ExposureAnswer; search: ExposureSearch; days: number }) {
  return (
    <Stack gap={6}>
      <Today data={data} days={days} />
      <Plot data={data} search={search} days={days} />
      <TimesToFix />
    </Stack>
  );
}

/** The last day's numbers, each leading to its rows. */
function Today({ data, days }: { data: ExposureAnswer; days: number }) {
  const today = data.days.at(-1);
  if (today === undefined) return null;
  const open = today.critical + today.high + today.medium + today.low + today.unknown;
  const sum = (name: Counted) => data.days.reduce((total, day) => total + day[name], 0);
  const since = data.days[0]?.day ?? "";
  return (
    <FigureRow
      link={(href, children) => <A href={href}>{children}</A>}
      figures={[
        { label: "Open", value: open, tip: "Open vulnerabilities, without suppressed ones", href: paths.vulnerabilities() },
        {
          label: "Critical",
          value: today.critical,
          tip: "Of them critical",
          href: paths.vulnerabilities({ severity: "critical" }),
          tone: "warn",
        },
        {
          label: "Exploited",
          value: today.exploited,
          tip: "Of them known to be exploited (CISA KEV)",
          href: paths.vulnerabilities({ exploit: true }),
          tone: "warn",
        },
        {
          label: `New in ${days} days`,
          value: sum("opened"),
          tip: `Came since ${since}; those that left again included`,
          href: paths.vulnerabilities({ created_since: since, order_key: "created_at", order_direction: "desc" }),
        },
      ]}
    />
  );
}

function Plot({ data, search, days }: { data: ExposureAnswer; search: ExposureSearch; days: number }) {
  const go = useGo();
  const measure = search.measure ?? "severity";
  const { label, note } = MEASURES[measure];
  const names = useMemo(() => data.days.map(({ day }) => day), [data.days]);
  const layers = useMemo(() => LAYERS[measure].map(([name, words]) => layerOf(data.days, name, words)), [data.days, measure]);
  const rest = useMemo(() => (measure === "severity" ? layerOf(data.days, "unknown", "Not rated") : null), [data.days, measure]);
  return (
    <Panel
      title={label}
      note={note}
      action={
        <>
          <Select
            label="What is plotted"
            value={measure}
            options={EXPOSURE_MEASURES.map((value) => ({ value, label: MEASURES[value].label }))}
            onChoose={(value) =>
              go(paths.exposure({ ...search, measure: value === "severity" ? undefined : value }), { keepScroll: true })
            }
          />
          <Select
            label="Days"
            value={String(days)}
            options={EXPOSURE_DAYS.map((n) => ({ value: String(n), label: `${n} days` }))}
            onChoose={(value) =>
              go(paths.exposure({ ...search, days: EXPOSURE_DAYS.find((n) => String(n) === value) }), { keepScroll: true })
            }
          />
        </>
      }
    >
      {names.length > 1 ? (
        <AreaPlot label={label} days={names} layers={layers} rest={rest} />
      ) : (
        <Prose>
          <p>The fleet is counted since today. The plot begins with the second day; today's numbers stand in the table.</p>
        </Prose>
      )}
      {data.median_days_to_fix !== null && (
        <p>
          <Quiet small>
            Those that left in these days had been here for {formatMedian(data.median_days_to_fix)} in the median.
          </Quiet>
        </p>
      )}
      <Folded summary="The same as a table">
        <SimpleTable
          label="Exposure by day"
          head={["Day", ...TABLE.map(([, words]) => words)]}
          rows={data.days.toReversed().map((day) => ({
            key: day.day,
            cells: [day.day, ...TABLE.map(([name]) => formatCount(day[name]))],
          }))}
        />
      </Folded>
    </Panel>
  );
}

function formatMedian(days: number): string {
  return days < 1 / 24 ? "less than an hour" : formatDuration(days * DAY_SECONDS);
}

function layerOf(days: readonly ExposureDay[], name: Counted, label: string): Layer {
  return { label, values: days.map((day) => day[name]) };
}
