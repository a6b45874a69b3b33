import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { LIVE, titleHistoryQuery } from "../../data/queries.ts";
import { paths } from "../../paths.ts";
import type { TitleSearch } from "../../search.ts";
import { Timeline } from "./timeline.tsx";
import { timelineQuery } from "./timeline-query.ts";

/** What happened to a title on all devices. */
export function TitleHistoryTab({ id, search }: { id: number; search: TitleSearch }) {
  const query = useMemo(() => timelineQuery(search), [search]);
  const list = useQuery({ ...titleHistoryQuery(id, query), refetchInterval: LIVE.list });
  return (
    <Timeline about="title" list={list} search={search} href={(next: TitleSearch) => paths.softwareTitle(id, "history", next)} />
  );
}
