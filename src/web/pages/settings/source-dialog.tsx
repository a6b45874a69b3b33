import { useState } from "react";
import type { SourceSettings } from "#domain/collection/merge-settings.ts";
import { sourceLabel } from "#domain/software/sources.ts";
import { formatBytes, formatDuration } from "../../parts/format.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextArea, TextField } from "../../ui/field.tsx";
import { Form, FormEnd } from "../../ui/form.tsx";
import { Quiet } from "../../ui/text.tsx";

type NumberField = "interval_seconds" | "timeout_seconds" | "memory_bytes_max" | "rows_max";

const MEBIBYTE = 1024 * 1024;
/** What is typed, in the unit that people use; bounds as the protocol has them. */
const FIELDS: { field: NumberField; label: string; unit: number; min: number; max: number }[] = [
  { field: "interval_seconds", label: "Collect every (minutes)", unit: 60, min: 1, max: 10_080 },
  { field: "timeout_seconds", label: "Give up after (seconds)", unit: 1, min: 1, max: 600 },
  { field: "memory_bytes_max", label: "Memory at most (MiB)", unit: MEBIBYTE, min: 16, max: 1024 },
  { field: "rows_max", label: "Rows at most", unit: 1, min: 1, max: 50_000 },
];

/** One source's limits; what is left empty has the agent's own default. */
export function SourceDialog(props: {
  source: string;
  settings: SourceSettings;
  onSave: (settings: SourceSettings) => void;
  onClose: () => void;
}) {
  const { settings } = props;
  const [texts, setTexts] = useState<Record<string, string>>(() =>
    Object.fromEntries(FIELDS.map(({ field, unit }) => [field, textOf(settings[field], unit)])),
  );
  const [roots, setRoots] = useState(settings.roots?.join("\n") ?? "");
  const wrong = FIELDS.find(({ field, min, max }) => !isWithin(texts[field] ?? "", min, max));
  const save = () => {
    const numbers = FIELDS.filter(({ field }) => (texts[field] ?? "") !== "").map(({ field, unit }) => [
      field,
      Number(texts[field]) * unit,
    ]);
    const lines = roots
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
    props.onSave({
      ...(settings.enabled === undefined ? {} : { enabled: settings.enabled }),
      ...(Object.fromEntries(numbers) as SourceSettings),
      ...(lines.length === 0 ? {} : { roots: lines }),
    });
  };
  return (
    <Dialog title={sourceLabel(props.source)} onClose={props.onClose}>
      <Form onSubmit={() => wrong === undefined && save()}>
        <Quiet small>
          Empty fields have the agent's own default. Limits are for Muster's agent; osquery has limits of its own.
        </Quiet>
        {FIELDS.map(({ field, label, min, max }) => (
          <TextField
            key={field}
            label={label}
            inputMode="numeric"
            value={texts[field] ?? ""}
            error={isWithin(texts[field] ?? "", min, max) ? undefined : `A whole number from ${min} to ${max}, or nothing`}
            onChange={(event) => setTexts({ ...texts, [field]: event.target.value.trim() })}
          />
        ))}
        <TextArea
          label="Also search in these directories"
          hint="Absolute, one a line; for sources that search (Python, npm, Java, Go, Rust, portable programs)."
          rows={3}
          value={roots}
          onChange={(event) => setRoots(event.target.value)}
        />
        <FormEnd>
          <Button onClick={props.onClose}>Cancel</Button>
          <Button type="submit" look="primary" blocked={wrong === undefined ? undefined : `Correct “${wrong.label}” first`}>
            Take over
          </Button>
        </FormEnd>
      </Form>
    </Dialog>
  );
}

function textOf(value: number | undefined, unit: number): string {
  return value === undefined ? "" : String(Math.round(value / unit));
}

function isWithin(text: string, min: number, max: number): boolean {
  return text === "" || (/^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max);
}

/** What a layer says about a source, in words. */
export function sourceSummary(settings: SourceSettings, label: boolean): string {
  const {
    enabled,
    interval_seconds: interval,
    timeout_seconds: timeout,
    memory_bytes_max: memory,
    rows_max: rows,
    roots,
  } = settings;
  const said = [
    enabled === false ? "off" : enabled === true ? "on" : undefined,
    interval !== undefined && `every ${formatDuration(interval)}`,
    timeout !== undefined && `${timeout} s at most`,
    memory !== undefined && `${formatBytes(memory)} at most`,
    rows !== undefined && `${rows} rows at most`,
    roots !== undefined && roots.join(", "),
  ].filter((words) => typeof words === "string");
  if (said.length > 0) return said.join(" · ");
  return label ? "as all devices" : "as the agent has it";
}
