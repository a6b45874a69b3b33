import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { hostsQuery } from "../../data/queries.ts";
import { Answer } from "../../parts/answers.tsx";
import { Choices } from "../../ui/choices.tsx";
import { SearchInput } from "../../ui/field.tsx";
import { Stack } from "../../ui/layout.tsx";
import { SkeletonLines } from "../../ui/skeleton.tsx";
import { Quiet } from "../../ui/text.tsx";

const SHOWN = 8;

interface PickDeviceProps {
  /** Only devices that have it. */
  cve: string;
  picked: { id: number; name: string } | undefined;
  onPick: (host: { id: number; name: string } | undefined) => void;
}

/** Finds one of the devices that have a vulnerability. */
export function PickDevice({ cve, picked, onPick }: PickDeviceProps) {
  const [words, setWords] = useState("");
  const query = useDeferredValue(words.trim());
  const found = useQuery(hostsQuery({ vulnerability: cve, per_page: SHOWN, ...(query === "" ? {} : { query }) }));
  return (
    <Stack gap={2}>
      <SearchInput
        label="Find a device"
        placeholder="Name of the device"
        value={words}
        onChange={(e) => setWords(e.target.value)}
      />
      <Answer of={found} what="list of devices" shape={<SkeletonLines count={3} />}>
        {({ hosts }) =>
          hosts.length === 0 ? (
            <Quiet>No device with it has such a name.</Quiet>
          ) : (
            <Choices
              label="Device"
              value={picked === undefined ? "" : String(picked.id)}
              options={hosts.map((host) => ({ value: String(host.id), label: host.display_name, note: host.os_version }))}
              onChoose={(id) => {
                const host = hosts.find((h) => String(h.id) === id);
                onPick(host === undefined ? undefined : { id: host.id, name: host.display_name });
              }}
            />
          )
        }
      </Answer>
    </Stack>
  );
}
