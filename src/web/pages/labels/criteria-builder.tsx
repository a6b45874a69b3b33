import { OPERATORS_OF, vitalOf, VITALS } from "#domain/labels/vitals.ts";
import type { VitalKind } from "#domain/labels/vitals.ts";
import { SOURCES } from "#domain/software/sources.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Checkbox, Select } from "../../ui/field.tsx";
import { CloseIcon, PlusIcon } from "../../ui/icons.ts";
import { Stack } from "../../ui/layout.tsx";
import styles from "./criteria-builder.module.css";
import { newRow, OPERATOR_WORDS } from "./criteria-form.ts";
import type { ConditionRow, CriteriaForm } from "./criteria-form.ts";

const VITAL_OPTIONS = VITALS.map(({ vital, label }) => ({ value: vital, label }));
const SOURCE_OPTIONS = SOURCES.map(({ source, label }) => ({ value: source, label }));
const MATCH_OPTIONS = [
  { value: "all", label: "All conditions hold" },
  { value: "any", label: "Any condition holds" },
] as const;
const PLACEHOLDERS: Record<VitalKind, string> = {
  text: "Text",
  version: "Version, for example 14.2",
  number: "Whole number",
  time: "2026-01-31T00:00:00Z",
  software: "Name, for example Firefox",
};

interface BuilderProps {
  form: CriteriaForm;
  onChange: (form: CriteriaForm) => void;
}

/** Conditions line by line. */
export function CriteriaBuilder({ form, onChange }: BuilderProps) {
  const change = (key: number, row: ConditionRow) => onChange({ ...form, rows: form.rows.map((r) => (r.key === key ? row : r)) });
  return (
    <Stack gap={2}>
      <div>
        <Select
          label="How conditions combine"
          value={form.match}
          options={MATCH_OPTIONS}
          onChoose={(match) => match !== undefined && onChange({ ...form, match })}
        />
      </div>
      {form.rows.map((row, i) => (
        <ConditionLine
          key={row.key}
          row={row}
          number={i + 1}
          onChange={(next) => change(row.key, next)}
          onRemove={() => onChange({ ...form, rows: form.rows.filter((r) => r.key !== row.key) })}
        />
      ))}
      <div>
        <Button icon={PlusIcon} onClick={() => onChange({ ...form, rows: [...form.rows, newRow()] })}>
          Add a condition
        </Button>
      </div>
    </Stack>
  );
}

interface LineProps {
  row: ConditionRow;
  number: number;
  onChange: (row: ConditionRow) => void;
  onRemove: () => void;
}

function ConditionLine({ row, number, onChange, onRemove }: LineProps) {
  const kind = vitalOf(row.vital)?.kind ?? "text";
  const software = kind === "software";
  const operator = (
    <Select
      label={software ? `Comparison of the version of condition ${number}` : `Comparison of condition ${number}`}
      value={row.operator}
      options={OPERATORS_OF[kind].map((value) => ({ value, label: OPERATOR_WORDS[value] }))}
      onChoose={(value) => value !== undefined && onChange({ ...row, operator: value })}
    />
  );
  return (
    <div className={styles.row} role="group" aria-label={`Condition ${number}`}>
      <Checkbox label="not" checked={row.not} onChange={(event) => onChange({ ...row, not: event.target.checked })} />
      <Select
        label={`Fact of condition ${number}`}
        value={row.vital}
        options={VITAL_OPTIONS}
        onChoose={(vital) => vital !== undefined && onChange({ ...newRow(vital), key: row.key, not: row.not, value: row.value })}
      />
      {!software && operator}
      <ValueInput
        label={software ? `Software of condition ${number}` : `Value of condition ${number}`}
        placeholder={PLACEHOLDERS[kind]}
        value={row.value}
        onChange={(value) => onChange({ ...row, value })}
      />
      {software && (
        <>
          <Select
            label={`Source of condition ${number}`}
            any="Any source"
            value={row.source === "" ? undefined : row.source}
            options={SOURCE_OPTIONS}
            onChoose={(source) => onChange({ ...row, source: source ?? "" })}
          />
          {operator}
          <ValueInput
            label={`Version of condition ${number}`}
            placeholder="Any version"
            value={row.version}
            onChange={(version) => onChange({ ...row, version })}
          />
        </>
      )}
      <IconButton label={`Remove condition ${number}`} icon={CloseIcon} onClick={onRemove} />
    </div>
  );
}

function ValueInput(props: { label: string; placeholder: string; value: string; onChange: (value: string) => void }) {
  return (
    <span className={styles.value}>
      <input
        aria-label={props.label}
        placeholder={props.placeholder}
        value={props.value}
        maxLength={255}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => props.onChange(event.target.value)}
      />
    </span>
  );
}
