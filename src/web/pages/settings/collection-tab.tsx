import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { SourceSettings } from "#domain/collection/merge-settings.ts";
import { SOURCES } from "#domain/software/sources.ts";
import type { CollectionAnswer } from "#protocol/rest/settings.ts";
import { useSaveCollection } from "../../data/label-mutations.ts";
import { collectionQuery, labelNamesQuery } from "../../data/label-queries.ts";
import { Answer, fieldErrors, FormFailure } from "../../parts/answers.tsx";
import { A } from "../../parts/link.tsx";
import { notify } from "../../parts/notices.tsx";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/button.tsx";
import { Checkbox, Select } from "../../ui/field.tsx";
import { FormEnd } from "../../ui/form.tsx";
import { Cluster, Panel, Prose, Stack } from "../../ui/layout.tsx";
import { SimpleTable } from "../../ui/simple-table.tsx";
import { Quiet } from "../../ui/text.tsx";
import { SourceDialog, sourceSummary } from "./source-dialog.tsx";

type Sources = Record<string, SourceSettings>;

/** Which sources devices report, for the fleet and for labels. */
export function CollectionTab() {
  const settings = useQuery(collectionQuery);
  return (
    <Answer of={settings} what="collection settings">
      {(data) => <CollectionForm key={settings.dataUpdatedAt} saved={data} />}
    </Answer>
  );
}

function CollectionForm({ saved }: { saved: CollectionAnswer }) {
  const [layers, setLayers] = useState(saved);
  const save = useSaveCollection();
  const changed = JSON.stringify(layers) !== JSON.stringify(saved);
  const [failure] = Object.values(fieldErrors(save.error));
  const submit = () =>
    save.mutate(
      { sources: layers.sources, labels: layers.labels.map(({ label_id, sources }) => ({ label_id, sources })) },
      { onSuccess: () => notify({ tone: "ok", word: "Saved", text: "Agents learn of it at their next check-in." }) },
    );
  const labelChange = (i: number, sources: Sources) =>
    setLayers({ ...layers, labels: layers.labels.map((label, at) => (at === i ? { ...label, sources } : label)) });
  return (
    <Stack gap={6}>
      <Prose>
        <p>
          What devices report of their software. A source that is switched off keeps what it reported last. Where a device has
          several of the labels below, the upper one decides.
        </p>
      </Prose>
      <Layer title="All devices" sources={layers.sources} onChange={(sources) => setLayers({ ...layers, sources })} />
      {layers.labels.map((label, i) => (
        <Layer
          key={label.label_id}
          title={label.label_name}
          href={paths.label(label.label_id)}
          sources={label.sources}
          onChange={(sources) => labelChange(i, sources)}
          actions={
            <>
              {i > 0 && <Button onClick={() => setLayers({ ...layers, labels: movedUp(layers.labels, i) })}>Move up</Button>}
              <Button onClick={() => setLayers({ ...layers, labels: layers.labels.filter((_, at) => at !== i) })}>Remove</Button>
            </>
          }
        />
      ))}
      <AddLabel
        taken={layers.labels.map((label) => label.label_id)}
        onAdd={(label_id, label_name) =>
          setLayers({ ...layers, labels: [...layers.labels, { label_id, label_name, sources: {} }] })
        }
      />
      <FormFailure text={failure} />
      <FormEnd>
        <Button blocked={changed ? undefined : "Nothing was changed"} onClick={() => setLayers(saved)}>
          Discard
        </Button>
        <Button look="primary" busy={save.isPending} blocked={changed ? undefined : "Nothing was changed"} onClick={submit}>
          Save
        </Button>
      </FormEnd>
    </Stack>
  );
}

function movedUp<T>(list: readonly T[], i: number): T[] {
  const moved = [...list];
  moved.splice(i - 1, 2, ...list.slice(i - 1, i + 1).toReversed());
  return moved;
}

interface LayerProps {
  title: string;
  href?: string;
  sources: Sources;
  onChange: (sources: Sources) => void;
  actions?: React.ReactNode;
}

function Layer({ title, href, sources, onChange, actions }: LayerProps) {
  const [open, setOpen] = useState<string>();
  const change = (source: string, settings: SourceSettings) => {
    const { [source]: _old, ...rest } = sources;
    onChange(Object.keys(settings).length === 0 ? rest : { ...rest, [source]: settings });
  };
  const rows = SOURCES.map(({ source, label }) => {
    const settings = sources[source] ?? {};
    return {
      key: source,
      cells: [
        <Checkbox
          key="on"
          label={label}
          checked={settings.enabled !== false}
          onChange={(event) => change(source, withEnabled(settings, event.target.checked, href !== undefined))}
        />,
        <Quiet key="says" small>
          {sourceSummary(settings, href !== undefined)}
        </Quiet>,
        <Button key="edit" look="quiet" aria-label={`Limits of ${label}, ${title}`} onClick={() => setOpen(source)}>
          Limits
        </Button>,
      ],
    };
  });
  return (
    <Panel
      title={title}
      action={
        <Cluster>
          {href !== undefined && <A href={href}>Devices</A>}
          {actions}
        </Cluster>
      }
    >
      <SimpleTable label={`Sources, ${title}`} head={["Source", "Settings", "Change"]} rows={rows} />
      {open !== undefined && (
        <SourceDialog
          source={open}
          settings={sources[open] ?? {}}
          onSave={(settings) => {
            change(open, settings);
            setOpen(undefined);
          }}
          onClose={() => setOpen(undefined)}
        />
      )}
    </Panel>
  );
}

/** On is what everything is by itself; a label must say it, to switch on what the fleet has off. */
function withEnabled({ enabled: _enabled, ...rest }: SourceSettings, on: boolean, label: boolean): SourceSettings {
  if (!on) return { ...rest, enabled: false };
  return label ? { ...rest, enabled: true } : rest;
}

function AddLabel({ taken, onAdd }: { taken: number[]; onAdd: (id: number, name: string) => void }) {
  const names = useQuery(labelNamesQuery).data ?? [];
  const free = names.filter((label) => !taken.includes(label.id));
  return (
    <div>
      <Select
        label="Settings for another label"
        any="Add settings for a label"
        value={undefined}
        options={free.map((label) => ({ value: String(label.id), label: label.name }))}
        onChoose={(id) => {
          const label = free.find((known) => String(known.id) === id);
          if (label !== undefined) onAdd(label.id, label.name);
        }}
      />
    </div>
  );
}
