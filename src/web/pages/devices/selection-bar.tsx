import { useState } from "react";
import type { Host } from "#protocol/rest/hosts.ts";
import { useDeleteHosts, useRefetchHosts } from "../../data/mutations.ts";
import { explain } from "../../parts/answers.tsx";
import { Confirm } from "../../parts/confirm.tsx";
import { countOf } from "../../parts/format.ts";
import { notify } from "../../parts/notices.tsx";
import type { Selection } from "../../parts/table/data-table.tsx";
import type { DevicesSearch } from "../../search.ts";
import { Button } from "../../ui/button.tsx";
import { ActionBar } from "../../ui/action-bar.tsx";
import { LabelIcon, RefreshIcon, TrashIcon } from "../../ui/icons.ts";
import { Prose } from "../../ui/layout.tsx";
import { LabelSelection } from "../labels/label-selection.tsx";
import { gatherDevices } from "./device-export.tsx";

export interface DeviceSelection extends Selection {
  /** Every device that matches, on whatever page. */
  all: boolean;
  setAll: (all: boolean) => void;
  clear: () => void;
}

/** The selected devices. Another search is another list: it starts with none selected. */
export function useDeviceSelection(search: DevicesSearch): DeviceSelection {
  const [held, setHeld] = useState<{ search: DevicesSearch; state: Selection["state"]; all: boolean }>({
    search,
    state: {},
    all: false,
  });
  const current = held.search === search ? held : { search, state: {}, all: false };
  return {
    state: current.state,
    all: current.all,
    change: (state) => setHeld({ search, state, all: false }),
    setAll: (all) => setHeld({ ...current, all }),
    clear: () => setHeld({ search, state: {}, all: false }),
  };
}

interface SelectionBarProps {
  selection: DeviceSelection;
  rows: readonly Host[];
  total: number | undefined;
  search: DevicesSearch;
}

/** What can be done with the selected devices. */
export function SelectionBar({ selection, rows, total, search }: SelectionBarProps) {
  const [deleting, setDeleting] = useState(false);
  const [labelling, setLabelling] = useState(false);
  const refetch = useRefetchHosts();
  const remove = useDeleteHosts();
  const picked = rows.filter((r) => selection.state[String(r.id)] === true);
  const count = selection.all ? (total ?? 0) : picked.length;
  if (picked.length === 0) return null;
  const words = countOf(count, "device");
  const idsOf = async () => (selection.all ? (await gatherDevices(search)).map((h) => h.id) : picked.map((h) => h.id));
  const ask = async () => {
    try {
      await refetch.mutateAsync(await idsOf());
      notify({ tone: "ok", word: "Asked", text: `${words} will report in full when they next poll.` });
      selection.clear();
    } catch (error) {
      notify({ tone: "bad", word: "Not asked", text: explain(error) });
    }
  };
  const destroy = async () => {
    try {
      await remove.mutateAsync(await idsOf());
      setDeleting(false);
      selection.clear();
      notify({ tone: "ok", word: "Deleted", text: `${words} forgotten.` });
    } catch {
      // the dialog stays open and shows the mutation's error
    }
  };
  const more = !selection.all && total !== undefined && total > rows.length && picked.length === rows.length;
  return (
    <ActionBar label="Selected devices">
      <strong>{selection.all ? `All ${words} that match` : `${words} selected`}</strong>
      {more && (
        <Button look="quiet" onClick={() => selection.setAll(true)}>{`Select all ${countOf(total, "device")} that match`}</Button>
      )}
      <Button icon={RefreshIcon} busy={refetch.isPending} onClick={() => void ask()}>
        Refetch
      </Button>
      <Button icon={LabelIcon} onClick={() => setLabelling(true)}>
        Label
      </Button>
      <Button icon={TrashIcon} onClick={() => setDeleting(true)}>
        Delete
      </Button>
      <Button look="quiet" onClick={selection.clear}>
        Cancel
      </Button>
      {labelling && <LabelSelection words={words} hostIds={idsOf} onClose={() => setLabelling(false)} onDone={selection.clear} />}
      {deleting && (
        <Confirm
          title={`Delete ${count === 1 ? (picked[0]?.display_name ?? words) : words}`}
          action={`Delete ${words}`}
          phrase={count > 1 ? `delete ${words}` : undefined}
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => void destroy()}
          onClose={() => setDeleting(false)}
        >
          <DeletionWords names={selection.all ? [] : picked.map((h) => h.display_name)} />
        </Confirm>
      )}
    </ActionBar>
  );
}

const NAMES_MAX = 8;

function DeletionWords({ names }: { names: string[] }) {
  const rest = names.length - NAMES_MAX;
  return (
    <Prose>
      {names.length > 0 && (
        <p>{names.slice(0, NAMES_MAX).join(", ") + (rest > 0 ? ` and ${countOf(rest, "more", "more")}` : "")}</p>
      )}
      <p>
        Muster forgets these devices, their software and their keys. Nothing changes on the devices themselves; an agent that
        still runs there must enrol again, and then starts a new record.
      </p>
    </Prose>
  );
}
