import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { titlesQuery } from "../../../data/queries.ts";
import { Answer } from "../../../parts/answers.tsx";
import { countOf } from "../../../parts/format.ts";
import { Checkbox, SearchInput } from "../../../ui/field.tsx";
import { Stack } from "../../../ui/layout.tsx";
import { Quiet } from "../../../ui/text.tsx";

const SHOWN = 10;

interface PickTitlesProps {
  into: { id: number; name: string; source: string };
  picked: number[];
  onPick: (ids: number[]) => void;
}

/** Finds titles of the same source and ticks those that are to be merged. Ticked ones stay ticked through other searches. */
export function PickTitles({ into, picked, onPick }: PickTitlesProps) {
  const [words, setWords] = useState(into.name);
  const query = useDeferredValue(words);
  const titles = useQuery(titlesQuery({ query, source: into.source, per_page: SHOWN + 1 }));
  const toggle = (id: number) => onPick(picked.includes(id) ? picked.filter((p) => p !== id) : [...picked, id]);
  return (
    <Stack gap={2}>
      <SearchInput label="Titles to merge into this one" value={words} onChange={(event) => setWords(event.target.value)} />
      <Answer of={titles} what="list of titles">
        {({ software_titles }) => {
          const others = software_titles.filter((title) => title.id !== into.id).slice(0, SHOWN);
          if (others.length === 0) return <Quiet>No other title of this source is found.</Quiet>;
          return (
            <Stack gap={1}>
              {others.map((title) => (
                <Checkbox
                  key={title.id}
                  label={`${title.name} · ${countOf(title.hosts_count, "device")}`}
                  checked={picked.includes(title.id)}
                  onChange={() => toggle(title.id)}
                />
              ))}
            </Stack>
          );
        }}
      </Answer>
      {picked.length > 0 && <Quiet small>{countOf(picked.length, "title")} picked</Quiet>}
    </Stack>
  );
}
