import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "#client/api.ts";
import { client } from "../../data/client.ts";
import { useDeleteHosts } from "../../data/mutations.ts";
import { serverVersionQuery } from "../../data/queries.ts";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/button.tsx";
import { Confirm } from "../confirm.tsx";
import { A } from "../link.tsx";
import styles from "./demonstration.module.css";

/** The label that `npm run demo` makes. */
const LABEL = "Simulated";
const PAGE = 1000;

/** Says on every page of a demonstration that the devices are simulated, and removes them in one step. */
export function DemonstrationBanner() {
  const { data } = useQuery(serverVersionQuery);
  const [asking, setAsking] = useState(false);
  if (data?.demonstration !== true) return null;
  return (
    <div className={styles.banner} role="note" aria-label="Demonstration">
      <p className={styles.words}>
        <strong>Demonstration.</strong> The devices here are simulated. <DevicesLink />
      </p>
      <Button onClick={() => setAsking(true)}>Remove them</Button>
      {asking && <RemoveSimulated onClose={() => setAsking(false)} />}
    </div>
  );
}

function DevicesLink() {
  const { data: id } = useQuery({ queryKey: ["labels", "simulated"], queryFn: simulatedLabel });
  if (id === undefined || id === null) return null;
  return <A href={paths.devices({ label_id: id })}>Show the simulated devices</A>;
}

function RemoveSimulated({ onClose }: { onClose: () => void }) {
  const remove = useDeleteHosts();
  const [collecting, setCollecting] = useState(false);
  const start = async (): Promise<void> => {
    setCollecting(true);
    const ids = await simulatedHosts().finally(() => setCollecting(false));
    remove.mutate(ids, { onSuccess: onClose });
  };
  return (
    <Confirm
      title="Remove the simulated devices?"
      action="Remove"
      busy={collecting || remove.isPending}
      error={remove.error}
      onConfirm={() => void start()}
      onClose={onClose}
    >
      <p>
        Every device with the label {LABEL} is deleted, with its software and history. Devices that you added yourself stay. They
        come back when the demonstration is started again.
      </p>
    </Confirm>
  );
}

async function simulatedLabel(): Promise<number | null> {
  const { labels } = await client.call(api.listLabels, { query: {} });
  return labels.find((label) => label.name === LABEL)?.id ?? null;
}

/** Ids of all devices with the label. */
async function simulatedHosts(): Promise<number[]> {
  const label_id = await simulatedLabel();
  const ids: number[] = [];
  if (label_id === null) return ids;
  for (let page = 0; ; page++) {
    const { hosts } = await client.call(api.listHosts, { query: { label_id, page, per_page: PAGE } });
    ids.push(...hosts.map((host) => host.id));
    if (hosts.length < PAGE) return ids;
  }
}
