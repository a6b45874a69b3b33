import type { Label } from "#protocol/rest/labels.ts";
import { formatCount } from "../../parts/format.ts";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { columnHelper } from "../../parts/table/features.ts";
import type { Column } from "../../parts/table/features.ts";
import { State } from "../../ui/state.tsx";
import { Clip, Tag } from "../../ui/text.tsx";

const column = columnHelper<Label>();

export const KIND_WORDS: Record<Label["label_membership_type"], string> = {
  manual: "By hand",
  host_vitals: "By rule",
  dynamic: "By osquery",
};

export const LABEL_COLUMNS: Column<Label>[] = [
  column.accessor("name", {
    header: "Label",
    cell: ({ row }) => <Clip text={row.original.name} />,
    meta: { orderKey: "name", room: 1 },
  }),
  column.accessor("description", {
    header: "Description",
    cell: ({ getValue }) => <Clip text={getValue()} />,
    meta: { room: 3 },
  }),
  column.accessor("label_membership_type", {
    header: "Kind",
    cell: ({ row }) => <LabelKind label={row.original} />,
    meta: { width: "mid", room: 2 },
  }),
  column.accessor("created_at", {
    header: "Created",
    cell: ({ getValue }) => <RelativeTime time={getValue()} />,
    meta: { orderKey: "created_at", firstDirection: "desc", width: "mid", room: 3 },
  }),
  column.accessor("count", {
    header: "Devices",
    cell: ({ row }) => <LabelCount label={row.original} />,
    meta: { orderKey: "host_count", firstDirection: "desc", width: "number", align: "end", room: 1 },
  }),
];

export function LabelKind({ label }: { label: Label }) {
  return <Tag>{label.label_type === "builtin" ? "Built in" : KIND_WORDS[label.label_membership_type]}</Tag>;
}

function LabelCount({ label }: { label: Label }) {
  if (label.evaluated_at !== null) return formatCount(label.count);
  return (
    <State tone="busy" tip="Muster is looking through the devices for this label">
      {`${formatCount(label.count)}, ${Math.floor(label.evaluated_share * 100)} % looked at`}
    </State>
  );
}
