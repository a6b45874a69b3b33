import { useState } from "react";
import type { NotificationRule } from "#protocol/rest/notifications.ts";
import { useCreateRule, useUpdateRule } from "../../../data/notifications.ts";
import { fieldErrors, FormFailure } from "../../../parts/answers.tsx";
import { CopyBlock } from "../../../parts/copyable.tsx";
import { notify } from "../../../parts/notices.tsx";
import { SourceChoice } from "../../../parts/table/source-choice.tsx";
import { SEVERITY_LABELS } from "../../../parts/vulnerability/severity.tsx";
import { StateChoice } from "../../../parts/vulnerability/state-choice.tsx";
import { Button } from "../../../ui/button.tsx";
import { Callout } from "../../../ui/callout.tsx";
import { Choices } from "../../../ui/choices.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Checkbox, PasswordField, Select, TextArea, TextField } from "../../../ui/field.tsx";
import { Form, FormEnd } from "../../../ui/form.tsx";
import { Cluster, Stack } from "../../../ui/layout.tsx";
import { Quiet, Strong } from "../../../ui/text.tsx";
import { LabelFilter } from "../../labels/label-filter.tsx";
import { bodyOf, fieldsOf, isMinutes, isPercent, missingOf, NEW_RULE, type RuleFields } from "./rule-form.ts";

const SEVERITIES = (["critical", "high", "medium", "low"] as const).map((value) => ({
  value,
  label: value === "critical" ? "Critical only" : `${SEVERITY_LABELS[value]} or worse`,
}));
const CHANNELS: { value: NotificationRule["channel"]; label: string; note: string }[] = [
  { value: "webhook", label: "Webhook", note: "posted as signed JSON to an address of yours" },
  { value: "email", label: "E-mail", note: "a digest to people; needs a mail server in the server's configuration" },
];

interface RuleDialogProps {
  /** The rule to change; null: a new one. */
  rule: NotificationRule | null;
  onClose: () => void;
}

/** Makes or changes a rule; of a new webhook its secret is shown, the one time it can be seen. */
export function RuleDialog({ rule, onClose }: RuleDialogProps) {
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <Dialog title={rule === null ? "New notification" : `Change ${rule.name}`} form="sheet" onClose={onClose}>
      {secret === null ? (
        <RuleForm rule={rule} onSecret={setSecret} onClose={onClose} />
      ) : (
        <Stack gap={4}>
          <Callout tone="warn" title="Copy the secret now">
            It is shown this once. Your receiver checks with it that a message is Muster&apos;s.
          </Callout>
          <CopyBlock label="Signing secret" text={secret} />
          <FormEnd>
            <Button look="primary" onClick={onClose}>
              I have copied it
            </Button>
          </FormEnd>
        </Stack>
      )}
    </Dialog>
  );
}

function RuleForm({ rule, onSecret, onClose }: RuleDialogProps & { onSecret: (secret: string) => void }) {
  const [fields, setFields] = useState<RuleFields>(() => (rule === null ? NEW_RULE : fieldsOf(rule)));
  const change = (part: Partial<RuleFields>) => setFields({ ...fields, ...part });
  const create = useCreateRule();
  const update = useUpdateRule(rule?.id ?? 0);
  const saving = rule === null ? create : update;
  const missing = missingOf(fields);
  const saved = () => {
    notify({ tone: "ok", word: "Saved", text: `${fields.name.trim()} tells of what is found from now on.` });
    onClose();
  };
  const save = () => {
    if (missing !== undefined) return;
    if (rule !== null) return update.mutate(bodyOf(fields), { onSuccess: saved });
    create.mutate(
      { ...bodyOf(fields), channel: fields.channel },
      { onSuccess: ({ signing_secret }) => (signing_secret === null ? saved() : onSecret(signing_secret)) },
    );
  };
  return (
    <Form onSubmit={save}>
      <TextField
        label="Name"
        autoComplete="off"
        maxLength={255}
        value={fields.name}
        onChange={(event) => change({ name: event.target.value })}
      />
      {rule === null && (
        <Choices label="How" value={fields.channel} options={CHANNELS} onChoose={(channel) => change({ channel })} />
      )}
      <Target fields={fields} isNew={rule === null} onChange={change} />
      <Asked fields={fields} onChange={change} />
      <TextField
        label="Collect for (minutes)"
        hint="What is found within this time goes out together; 0: at once."
        inputMode="decimal"
        value={fields.batch}
        error={isMinutes(fields.batch) ? undefined : "A number from 0 to 1440"}
        onChange={(event) => change({ batch: event.target.value.trim() })}
      />
      <Checkbox label="Switched on" checked={fields.enabled} onChange={(event) => change({ enabled: event.target.checked })} />
      <FormFailure text={Object.values(fieldErrors(saving.error))[0]} />
      <FormEnd>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={saving.isPending} blocked={missing}>
          Save
        </Button>
      </FormEnd>
    </Form>
  );
}

interface PartProps {
  fields: RuleFields;
  onChange: (part: Partial<RuleFields>) => void;
}

function Target({ fields, isNew, onChange }: PartProps & { isNew: boolean }) {
  if (fields.channel === "email") {
    return (
      <TextArea
        label="Recipients"
        hint="E-mail addresses, one a line; 50 at most."
        rows={3}
        value={fields.recipients}
        onChange={(event) => onChange({ recipients: event.target.value })}
      />
    );
  }
  return (
    <Stack gap={3}>
      <TextField
        label="Address"
        type="url"
        placeholder="https://"
        autoComplete="off"
        maxLength={2048}
        value={fields.url}
        onChange={(event) => onChange({ url: event.target.value })}
      />
      <PasswordField
        label="Signing secret (optional)"
        autoComplete="off"
        hint={isNew ? "Left empty, one is made and shown once." : "Left empty, it stays as it is."}
        value={fields.signing_secret}
        onChange={(event) => onChange({ signing_secret: event.target.value })}
      />
      <Choices
        label="Form of the message"
        value={fields.payload}
        options={[
          { value: "muster", label: "One message for all", note: "Muster's form" },
          { value: "fleet", label: "One message each", note: "Fleet's form, for receivers that know it" },
        ]}
        onChoose={(payload) => onChange({ payload })}
      />
      <Checkbox
        label="It may lead to this machine and to private networks"
        checked={fields.allow_private_addresses}
        onChange={(event) => onChange({ allow_private_addresses: event.target.checked })}
      />
    </Stack>
  );
}

function Asked({ fields, onChange }: PartProps) {
  return (
    <Stack gap={3}>
      <Strong>Tell of new vulnerabilities that are all of this</Strong>
      <Cluster>
        <Select
          label="Severity"
          any="Any severity"
          value={fields.min_severity}
          options={SEVERITIES}
          onChoose={(min_severity) => onChange({ min_severity })}
        />
        <LabelFilter value={fields.label_id} onChoose={(label_id) => onChange({ label_id })} />
        <SourceChoice value={fields.sources} onChoose={(sources) => onChange({ sources })} />
        <StateChoice value={fields.states} onChoose={(states) => onChange({ states })} />
      </Cluster>
      <Checkbox
        label="Known to be exploited (CISA KEV)"
        checked={fields.kev}
        onChange={(event) => onChange({ kev: event.target.checked })}
      />
      <TextField
        label="EPSS at least (%)"
        hint={<Quiet>Probability of exploitation within 30 days; empty: not asked.</Quiet>}
        inputMode="decimal"
        value={fields.min_epss}
        error={isPercent(fields.min_epss) ? undefined : "A number from 0 to 100, or nothing"}
        onChange={(event) => onChange({ min_epss: event.target.value.trim() })}
      />
    </Stack>
  );
}
