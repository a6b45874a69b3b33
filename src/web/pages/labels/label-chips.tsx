import type { HostLabel } from "#protocol/rest/host-labels.ts";
import { A } from "../../parts/link.tsx";
import { paths } from "../../paths.ts";
import { Cluster } from "../../ui/layout.tsx";
import { Tag } from "../../ui/text.tsx";

/** A device's labels, each leading to its devices. All Hosts says nothing about a device and is left out. */
export function LabelChips({ labels }: { labels: readonly HostLabel[] }) {
  const telling = labels.filter((label) => label.label_type === "regular" || label.name !== "All Hosts");
  if (telling.length === 0) return null;
  return (
    <Cluster gap={1}>
      <span className="sr-only">Labels:</span>
      {telling.map((label) => (
        <A key={label.id} href={paths.label(label.id)}>
          <Tag>{label.name}</Tag>
        </A>
      ))}
    </Cluster>
  );
}
