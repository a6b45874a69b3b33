import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { parseCriteria } from "#domain/labels/criteria.ts";
import type { Criteria } from "#domain/labels/criteria.ts";
import type { Label } from "#protocol/rest/labels.ts";
import { useSaveLabel } from "../../data/label-mutations.ts";
import { labelQuery } from "../../data/label-queries.ts";
import { Answer, fieldErrors, FormFailure } from "../../parts/answers.tsx";
import { A } from "../../parts/link.tsx";
import { notify } from "../../parts/notices.tsx";
import { PageHead, PageShape } from "../../parts/page.tsx";
import { useGo } from "../../parts/use-go.ts";
import { paths } from "../../paths.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Select, TextArea, TextField } from "../../ui/field.tsx";
import { Form, FormEnd } from "../../ui/form.tsx";
import { Stack, TwoColumns } from "../../ui/layout.tsx";
import { Quiet } from "../../ui/text.tsx";
import { CriteriaBuilder } from "./criteria-builder.tsx";
import { criteriaOfForm, formGap, formOfCriteria, newRow } from "./criteria-form.ts";
import type { CriteriaForm } from "./criteria-form.ts";
import { CriteriaPreview } from "./criteria-preview.tsx";

type Kind = Label["label_membership_type"];
const KIND_OPTIONS: { value: Kind; label: string }[] = [
  { value: "host_vitals", label: "By rule: Muster keeps it current" },
  { value: "manual", label: "By hand" },
  { value: "dynamic", label: "By osquery SQL, answered on the device" },
];
const PLATFORM_OPTIONS = [
  { value: "linux", label: "Linux" },
  { value: "darwin", label: "macOS" },
  { value: "windows", label: "Windows" },
  { value: "chrome", label: "ChromeOS" },
] as const;

export function NewLabelPage() {
  return (
    <>
      <PageHead title="Create a label" />
      <LabelForm label={null} />
    </>
  );
}

const editRoute = getRouteApi("/app/labels/$id/edit");

export function EditLabelPage() {
  const label = useQuery(labelQuery(Number(editRoute.useParams().id)));
  return (
    <Answer of={label} what="label" shape={<PageShape />}>
      {(data) => (
        <>
          <PageHead title={`Edit ${data.name}`} />
          <LabelForm key={data.id} label={data} />
        </>
      )}
    </Answer>
  );
}

interface Draft {
  name: string;
  description: string;
  kind: Kind;
  query: string;
  platform: (typeof PLATFORM_OPTIONS)[number]["value"] | undefined;
  criteria: CriteriaForm;
  /** Criteria as text, when they are deeper than the builder goes or somebody prefers it. */
  json: string | null;
}

function draftOf(label: Label | null): Draft {
  const criteria = label?.label_membership_type === "host_vitals" ? (label.criteria as Criteria) : null;
  const form = criteria === null ? { match: "all" as const, rows: [newRow()] } : formOfCriteria(criteria);
  return {
    name: label?.name ?? "",
    description: label?.description ?? "",
    kind: label?.label_membership_type ?? "host_vitals",
    query: label?.query ?? "",
    platform: undefined,
    criteria: form ?? { match: "all", rows: [] },
    json: form === null ? JSON.stringify(criteria, null, 2) : null,
  };
}

/** The criteria of a draft, or why it has none yet. */
function criteriaOfDraft(draft: Draft): { criteria: Criteria } | { gap: string } {
  if (draft.json === null) {
    const gap = formGap(draft.criteria);
    return gap === undefined ? { criteria: criteriaOfForm(draft.criteria) } : { gap };
  }
  try {
    const parsed = parseCriteria(JSON.parse(draft.json));
    return parsed.ok ? { criteria: parsed.criteria } : { gap: `${parsed.name}: ${parsed.reason}` };
  } catch {
    return { gap: "This is not JSON" };
  }
}

function LabelForm({ label }: { label: Label | null }) {
  const [draft, setDraft] = useState(() => draftOf(label));
  const save = useSaveLabel(label?.id ?? null);
  const go = useGo();
  const errors = fieldErrors(save.error);
  const rule = criteriaOfDraft(draft);
  const gap = draft.name.trim() === "" ? "Enter a name" : gapOf(draft, rule);
  const submit = () => {
    if (gap !== undefined) return;
    save.mutate(bodyOf(draft, rule), {
      onSuccess: (saved) => {
        notify({ tone: "ok", word: label === null ? "Created" : "Saved", text: saved.name });
        go(paths.label(saved.id));
      },
    });
  };
  const known = ["name", "description", "query"];
  const rest = Object.entries(errors).find(([name]) => !known.includes(name));
  return (
    <TwoColumns aside={draft.kind === "host_vitals" && "criteria" in rule ? <CriteriaPreview criteria={rule.criteria} /> : null}>
      <Form label="Label" onSubmit={submit}>
        <TextField
          label="Name"
          autoComplete="off"
          maxLength={255}
          value={draft.name}
          error={errors["name"]}
          onChange={(event) => setDraft({ ...draft, name: event.target.value })}
        />
        <TextField
          label="Description"
          autoComplete="off"
          maxLength={2000}
          value={draft.description}
          error={errors["description"]}
          onChange={(event) => setDraft({ ...draft, description: event.target.value })}
        />
        {label === null && (
          <div>
            <Select
              label="Kind"
              value={draft.kind}
              options={KIND_OPTIONS}
              onChoose={(kind) => kind !== undefined && setDraft({ ...draft, kind })}
            />
          </div>
        )}
        {draft.kind === "host_vitals" && (
          <RuleFields draft={draft} gap={"gap" in rule ? rule.gap : undefined} onChange={setDraft} />
        )}
        {draft.kind === "dynamic" && (
          <QueryFields draft={draft} error={errors["query"]} fixed={label !== null} onChange={setDraft} />
        )}
        {draft.kind === "manual" && <Quiet small>Add devices afterwards: select them under Devices.</Quiet>}
        <FormFailure text={rest?.[1]} />
        <FormEnd>
          <A href={label === null ? paths.labels() : paths.label(label.id)} className={buttonClass("plain")}>
            Cancel
          </A>
          <Button type="submit" look="primary" busy={save.isPending} blocked={gap}>
            {label === null ? "Create the label" : "Save"}
          </Button>
        </FormEnd>
      </Form>
    </TwoColumns>
  );
}

function gapOf(draft: Draft, rule: ReturnType<typeof criteriaOfDraft>): string | undefined {
  if (draft.kind === "host_vitals") return "gap" in rule ? rule.gap : undefined;
  return draft.kind === "dynamic" && draft.query.trim() === "" ? "Enter the query" : undefined;
}

function bodyOf(draft: Draft, rule: ReturnType<typeof criteriaOfDraft>) {
  const { name, description, kind, query, platform } = draft;
  if (kind === "host_vitals") return { name, description, ...("criteria" in rule ? { criteria: rule.criteria } : {}) };
  if (kind === "dynamic") return { name, description, query, ...(platform === undefined ? {} : { platform }) };
  return { name, description };
}

interface FieldsProps {
  draft: Draft;
  onChange: (draft: Draft) => void;
}

function RuleFields({ draft, gap, onChange }: FieldsProps & { gap: string | undefined }) {
  if (draft.json === null) {
    return (
      <Stack gap={2}>
        <CriteriaBuilder form={draft.criteria} onChange={(criteria) => onChange({ ...draft, criteria })} />
        <div>
          <Button
            look="quiet"
            onClick={() => onChange({ ...draft, json: JSON.stringify(criteriaOfForm(draft.criteria), null, 2) })}
          >
            Edit as JSON
          </Button>
        </div>
      </Stack>
    );
  }
  return (
    <TextArea
      label="Rule as JSON"
      hint="A condition {vital, operator, value}, or all, any, not of such."
      rows={12}
      value={draft.json}
      error={gap}
      onChange={(event) => onChange({ ...draft, json: event.target.value })}
    />
  );
}

function QueryFields({ draft, error, fixed, onChange }: FieldsProps & { error: string | undefined; fixed: boolean }) {
  return (
    <Stack gap={2}>
      <TextArea
        label="osquery SQL"
        hint={
          fixed
            ? "The query of a label stays as it is: create another label for another query."
            : "A device is a member when it answers at least one row. Devices without osquery are never members."
        }
        rows={5}
        readOnly={fixed}
        value={draft.query}
        error={error}
        onChange={(event) => onChange({ ...draft, query: event.target.value })}
      />
      {!fixed && (
        <div>
          <Select
            label="Platform that is asked"
            any="Asked on every platform"
            value={draft.platform}
            options={PLATFORM_OPTIONS}
            onChoose={(platform) => onChange({ ...draft, platform })}
          />
        </div>
      )}
    </Stack>
  );
}
