import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useEffect, useRef, useState } from "react";
import { sourceLabel } from "#domain/software/sources.ts";
import { hostsQuery, versionsQuery } from "../../data/queries.ts";
import { A } from "../../parts/link.tsx";
import { paths } from "../../paths.ts";
import type { VulnerabilitySearch } from "../../search-vulnerabilities.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { SearchInput } from "../../ui/field.tsx";
import { EventList } from "../../ui/event-list.tsx";
import { Panel, Prose, Stack } from "../../ui/layout.tsx";

const SHOWN = 8;
const LETTERS_MIN = 2;
const TYPE = "Type two letters or more. Muster compares what you choose with every record that speaks of it.";
const NOTHING = "Nothing has this name.";

interface AskWhyProps {
  cve: string;
  search: VulnerabilitySearch;
  onClose: () => void;
}

/** Asks of any software or device whether it has the vulnerability, and why or why not. */
export function AskWhy({ cve, search, onClose }: AskWhyProps) {
  const [words, setWords] = useState("");
  const field = useRef<HTMLInputElement>(null);
  // After the dialog has opened, which gives the focus to its first button: it is opened in order to type.
  useEffect(() => field.current?.focus(), []);
  const query = useDeferredValue(words.trim());
  const ask = { enabled: query.length >= LETTERS_MIN };
  const limit = { query, per_page: SHOWN };
  const software = useQuery({ ...versionsQuery(limit), ...ask }).data?.software ?? [];
  const hosts = useQuery({ ...hostsQuery(limit), ...ask }).data?.hosts ?? [];
  const asking = (why: string) => paths.vulnerability(cve, "affected", { ...search, why });
  const found = query.length >= LETTERS_MIN;
  return (
    <Dialog title={`Who has ${cve}, and why not?`} onClose={onClose}>
      <Stack gap={4}>
        <SearchInput
          ref={field}
          label="Software or device"
          placeholder="Name of software or of a device"
          value={words}
          maxLength={255}
          onChange={(event) => setWords(event.target.value)}
        />
        {(!found || software.length + hosts.length === 0) && (
          <Prose>
            <p>{found ? NOTHING : TYPE}</p>
          </Prose>
        )}
        {found && software.length > 0 && (
          <Panel title="Software" flush>
            <EventList
              events={software.map((row) => ({
                key: row.id,
                text: (
                  <A href={asking(`software-${row.id}`)} keepScroll onClick={onClose}>
                    {row.name} {row.version}
                  </A>
                ),
                time: sourceLabel(row.source),
              }))}
            />
          </Panel>
        )}
        {found && hosts.length > 0 && (
          <Panel title="Devices" flush>
            <EventList
              events={hosts.map((host) => ({
                key: host.id,
                text: (
                  <A href={asking(`device-${host.id}`)} keepScroll onClick={onClose}>
                    {host.display_name}
                  </A>
                ),
                time: host.os_version,
              }))}
            />
          </Panel>
        )}
      </Stack>
    </Dialog>
  );
}
