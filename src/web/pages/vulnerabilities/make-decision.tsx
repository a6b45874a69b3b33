import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { labelNamesQuery } from "../../data/label-queries.ts";
import { useCreateDecision } from "../../data/vulnerability-decisions.ts";
import { FormFailure, explain } from "../../parts/answers.tsx";
import { countOf } from "../../parts/format.ts";
import { notify } from "../../parts/notices.tsx";
import { KIND_LABELS } from "../../parts/vulnerability/decision-words.ts";
import { Button } from "../../ui/button.tsx";
import { Choices } from "../../ui/choices.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Checkbox, Select, TextField } from "../../ui/field.tsx";
import { Folded } from "../../ui/folded.tsx";
import { Form, FormEnd } from "../../ui/form.tsx";
import { Cluster, Prose, Stack } from "../../ui/layout.tsx";
import { Strong } from "../../ui/text.tsx";
import type { VulnerabilityAnswer } from "./affected-tab.tsx";
import { aboutOptions, EMPTY_FORM, requestOfForm, scopeOfForm, type DecisionForm } from "./decision-form.ts";
import { DecisionPreview } from "./decision-preview.tsx";
import { PickDevice } from "./pick-device.tsx";

const KINDS = [
  { value: "accepted_risk", label: KIND_LABELS.accepted_risk, note: "it is true, and you live with it for now" },
  { value: "false_positive", label: KIND_LABELS.false_positive, note: "it is not true of this software, or harms nothing here" },
] satisfies { value: DecisionForm["kind"]; label: string; note: string }[];
const PLACES = [
  { value: "all", label: "On all devices" },
  { value: "label", label: "On the devices of a label" },
  { value: "device", label: "On one device" },
] as const;

/** Accepts a risk or calls findings false positives, after showing what that hides. */
export function MakeDecision({ data, onClose }: { data: VulnerabilityAnswer; onClose: () => void }) {
  const { cve } = data.vulnerability;
  const [form, setForm] = useState<DecisionForm>(EMPTY_FORM);
  const scope = useDeferredValue(scopeOfForm(cve, form));
  const asked = requestOfForm(cve, form);
  const create = useCreateDecision();
  const save = () => {
    if (!("request" in asked) || create.isPending) return;
    create.mutate(asked.request, {
      onSuccess: ({ decision }) => {
        notify({
          tone: "ok",
          word: KIND_LABELS[decision.kind],
          text: `${countOf(decision.findings_count, "finding")} of ${cve} suppressed. Revoke it under Decisions.`,
        });
        onClose();
      },
    });
  };
  return (
    <Dialog title={`Decide about ${cve}`} form="sheet" onClose={onClose}>
      <Form onSubmit={save}>
        <Choices label="Kind of decision" value={form.kind} options={KINDS} onChoose={(kind) => setForm({ ...form, kind })} />
        <ScopeFields data={data} form={form} onChange={setForm} />
        {scope !== undefined && <DecisionPreview scope={scope} />}
        <TextField
          label="Reason"
          hint="Everybody who looks at the vulnerability reads it, and it stays in the audit trail."
          value={form.reason}
          maxLength={2000}
          autoComplete="off"
          onChange={(event) => setForm({ ...form, reason: event.target.value })}
        />
        <EndFields form={form} onChange={setForm} />
        <FormFailure text={create.error === null ? undefined : explain(create.error)} />
        <FormEnd>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={create.isPending} blocked={"gap" in asked ? asked.gap : undefined}>
            {form.kind === "accepted_risk" ? "Accept the risk" : "Call it a false positive"}
          </Button>
        </FormEnd>
      </Form>
    </Dialog>
  );
}

interface FieldsProps {
  form: DecisionForm;
  onChange: (form: DecisionForm) => void;
}

function ScopeFields({ data, form, onChange }: FieldsProps & { data: VulnerabilityAnswer }) {
  const labels = useQuery({ ...labelNamesQuery, enabled: form.where === "label" }).data ?? [];
  return (
    <Stack gap={3}>
      <Cluster>
        <Select
          label="What it is about"
          value={form.about}
          options={aboutOptions(data)}
          onChoose={(about) => onChange({ ...form, about: about ?? "any" })}
        />
        <Select
          label="On which devices"
          value={form.where}
          options={PLACES}
          onChoose={(where) => onChange({ ...form, where: where ?? "all" })}
        />
        {form.where === "label" && (
          <Select
            label="Label"
            any="Choose a label"
            value={form.label_id === undefined ? undefined : String(form.label_id)}
            options={labels.map(({ id, name }) => ({ value: String(id), label: name }))}
            onChoose={(id) => onChange({ ...form, label_id: id === undefined ? undefined : Number(id) })}
          />
        )}
      </Cluster>
      {form.where === "device" && (
        <PickDevice cve={data.vulnerability.cve} picked={form.host} onPick={(host) => onChange({ ...form, host })} />
      )}
    </Stack>
  );
}

/** When it ends by itself: nobody has to remember it. */
function EndFields({ form, onChange }: FieldsProps) {
  const [today] = useState(() => new Date().toISOString().slice(0, 10));
  const tick = (field: "reopen_kev" | "reopen_severity" | "reopen_fix", label: string) => (
    <Checkbox label={label} checked={form[field]} onChange={(event) => onChange({ ...form, [field]: event.target.checked })} />
  );
  return (
    <>
      <TextField
        label="Ends on (optional)"
        type="date"
        min={today}
        value={form.expires}
        onChange={(event) => onChange({ ...form, expires: event.target.value })}
      />
      <Stack gap={1}>
        <Prose>
          <Strong>It also ends when</Strong>
        </Prose>
        {tick("reopen_kev", "it becomes known to be exploited")}
        {tick("reopen_severity", "its severity rises")}
        {tick("reopen_fix", "a fix appears, where there is none now")}
      </Stack>
      <Folded summary="End it by probability of exploitation">
        <TextField
          label="When EPSS reaches, in per cent"
          inputMode="decimal"
          value={form.reopen_epss}
          maxLength={6}
          autoComplete="off"
          onChange={(event) => onChange({ ...form, reopen_epss: event.target.value })}
        />
      </Folded>
    </>
  );
}
