import type { Vulnerability } from "#protocol/rest/vulnerability-shapes.ts";
import { Nothing } from "../../parts/answers.tsx";
import { countOf } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { OutsideLink } from "../../parts/outside-link.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { paths } from "../../paths.ts";
import { Panel, Stack } from "../../ui/layout.tsx";
import { SimpleTable } from "../../ui/simple-table.tsx";
import { Mono, Quiet } from "../../ui/text.tsx";

/** Where everything that is said here comes from: records of feeds, and what they refer to. */
export function RecordsTab({ of }: { of: Vulnerability }) {
  const records = of.details?.records ?? [];
  const references = of.details?.references ?? [];
  return (
    <Stack gap={6}>
      <Panel title="Records" note={countOf(records.length, "record")} flush>
        {records.length === 0 ? (
          <Nothing title="No record is loaded">
            <p>The feeds that spoke of it are no longer needed by what your devices hold.</p>
          </Nothing>
        ) : (
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
        )}
      </Panel>
      {references.length > 0 && (
        <Panel title="References" note={`${countOf(references.length, "address", "addresses")} outside of Muster`} flush>
          <SimpleTable
            label={`References of ${of.cve}`}
            head={["Address", "Kind"]}
            rows={references.map(({ url, tags = [] }) => ({
              key: url,
              cells: [
                <OutsideLink key="url" href={url}>
                  {url.replace(/^https?:\/\//u, "")}
                </OutsideLink>,
                <Quiet key="tags">{tags.join(", ")}</Quiet>,
              ],
            }))}
          />
        </Panel>
      )}
    </Stack>
  );
}
