import { PlatformIcon, platformLabel } from "../../parts/host.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { columnHelper } from "../../parts/table/features.ts";
import type { Column } from "../../parts/table/features.ts";
import { Beside } from "../../ui/layout.tsx";
import { Clip } from "../../ui/text.tsx";

/** A device that held versions of a title at a moment. */
export interface Holder {
  id: number;
  display_name: string;
  platform: string;
  versions: { id: number; version: string; installed_at: string }[];
}

const column = columnHelper<Holder>();

/** The versions that a device held, in one line. */
export function heldWords({ versions }: Holder): string {
  return versions.map((v) => v.version || "no version").join(", ");
}

export const HOLDER_COLUMNS: Column<Holder>[] = [
  column.accessor("display_name", {
    header: "Device",
    cell: ({ getValue }) => <Clip text={getValue()} />,
    meta: { orderKey: "display_name", room: 1 },
  }),
  column.accessor("platform", {
    header: "Platform",
    cell: ({ getValue }) => <Beside icon={<PlatformIcon platform={getValue()} />}>{platformLabel(getValue())}</Beside>,
    meta: { orderKey: "platform", width: "mid", room: 3 },
  }),
  column.accessor(heldWords, {
    id: "versions",
    header: "Versions",
    cell: ({ getValue }) => <Clip text={getValue()} mono />,
    meta: { width: "wide", room: 2 },
  }),
  column.accessor((holder) => holder.versions.map((v) => v.installed_at).toSorted()[0] ?? "", {
    id: "installed_at",
    header: "Since",
    cell: ({ getValue }) => <RelativeTime time={getValue()} never="" />,
    meta: {
      orderKey: "installed_at",
      firstDirection: "desc",
      width: "time",
      room: 2,
      tip: "When Muster first saw any of these versions there",
    },
  }),
];
