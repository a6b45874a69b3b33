import type { Vulnerability } from "#protocol/rest/vulnerability-shapes.ts";
import { Nothing } from "../../parts/answers.tsx";
import { A } from "../../parts/link.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { paths } from "../../paths.ts";
import { SimpleTable } from "../../ui/simple-table.tsx";
import { Mono } from "../../ui/text.tsx";

/** The records of feeds that speak of it: where everything that is said here comes from. */
export function RecordsTab({ of }: { of: Vulnerability }) {
  const records = of.details?.records ?? [];
  if (records.length === 0) {
    return (
      <Nothing title="No record is loaded">
        <p>The feeds that spoke of it are no longer needed by what your devices hold.</p>
      </Nothing>
    );
  }
  return (
    <SimpleTable
      label={`Records about ${of.cve}`}
      head={["Feed", "Part", "Record", "Loaded"]}
      rows={records.map((row) => ({
        key: `${row.feed} ${row.part} ${row.record}`,
        cells: [
          <A key="feed" href={paths.feeds()}>
            {row.feed}
          </A>,
          row.part,
          <Mono key="record">{row.record}</Mono>,
          <RelativeTime key="loaded" time={row.loaded_at} />,
        ],
      }))}
    />
  );
}
