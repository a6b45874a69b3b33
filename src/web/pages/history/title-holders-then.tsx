import { useQuery } from "@tanstack/react-query";
import { titleHostsQuery } from "../../data/queries.ts";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { BarList } from "../../parts/bar-list.tsx";
import { countOf, formatCount } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { paths } from "../../paths.ts";
import type { TitleSearch } from "../../search.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Cluster, Panel, Stack } from "../../ui/layout.tsx";
import { SimpleTable } from "../../ui/simple-table.tsx";
import { Mono } from "../../ui/text.tsx";
import { PastNote } from "./as-of-picker.tsx";

interface ThenProps {
  id: number;
  moment: string;
  search: TitleSearch;
}

/** The versions and devices of a title at a moment of the past. */
export function TitleHoldersThen({ id, moment, search }: ThenProps) {
  const { after } = search;
  const holders = useQuery(titleHostsQuery(id, { as_of: moment, ...(after === undefined ? {} : { after }) }));
  const href = (next: TitleSearch) => paths.softwareTitle(id, "devices", next);
  return (
    <Answer of={holders} what="devices that held it">
      {({ hosts, versions, count, history_since, meta }) => (
        <Stack gap={6}>
          <PastNote moment={moment} historySince={history_since} />
          {count === 0 ? (
            <Nothing title="No device held it then">
              <p>Devices that were deleted since are not counted. Choose another day.</p>
            </Nothing>
          ) : (
            <>
              <Panel title="Versions then" note={countOf(count, "device")}>
                <BarList bars={versions.slice(0, 12).map(barOf)} total={count} unit="device" />
              </Panel>
              <Panel title="Devices then" note={formatCount(count)}>
                <SimpleTable
                  label="Devices that held it"
                  head={["Device", "Versions", "Since"]}
                  rows={hosts.map((host) => ({
                    key: String(host.id),
                    cells: [
                      <A key="host" href={paths.device(host.id, "software", { as_of: search.as_of })}>
                        {host.display_name}
                      </A>,
                      <Mono key="versions">{host.versions.map((v) => v.version || "no version").join(", ")}</Mono>,
                      <RelativeTime key="since" time={host.versions[0]?.installed_at} />,
                    ],
                  }))}
                />
                <Cluster end>
                  {meta.has_previous_results && (
                    <A className={buttonClass("plain")} href={href({ ...search, after: undefined })}>
                      First devices
                    </A>
                  )}
                  {meta.has_next_results && (
                    <A className={buttonClass("plain")} rel="next" href={href({ ...search, after: meta.next_cursor })}>
                      More devices
                    </A>
                  )}
                </Cluster>
              </Panel>
            </>
          )}
        </Stack>
      )}
    </Answer>
  );
}

function barOf(v: { id: number; version: string; release?: string; hosts_count: number }) {
  const label = v.release ? `${v.version}-${v.release}` : v.version || "no version";
  return { key: String(v.id), label, value: v.hosts_count, href: paths.softwareVersion(v.id), mono: true };
}
