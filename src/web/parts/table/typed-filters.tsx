import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Popover } from "../../ui/popover.tsx";
import { formatBytes } from "../format.ts";
import { FilterChip } from "./table-bar.tsx";
import styles from "./typed-filters.module.css";

/**
 * A filter that needs typing: its words, and what is typed. All but texts stand in pairs: since and until, at least and at most.
 * `gigabytes` are typed as lists show them (base 1024), and stand for bytes; `decimal` is a number with a point, zero included.
 */
export interface TypedField {
  label: string;
  kind: "text" | "day" | "count" | "decimal" | "gigabytes";
}

/** What is set: a text, a day (`YYYY-MM-DD`) or a number by the filter's name. */
type Values<N extends string> = { readonly [K in N]?: string | number | undefined };
/** What changes: `undefined` takes a filter off. */
type Change<N extends string> = { [K in N]?: string | number | undefined };

interface TypedFiltersProps<N extends string> {
  fields: Readonly<Record<N, TypedField>>;
  values: Values<NoInfer<N>>;
  onChange: (change: Change<NoInfer<N>>) => void;
}

const KINDS = {
  text: { maxLength: 255, autoComplete: "off" },
  day: { type: "date" },
  count: { type: "number", min: 1 },
  decimal: { type: "number", min: 0, step: "any" },
  gigabytes: { type: "number", min: 0, step: "any" },
} as const;
const GIGABYTE = 2 ** 30;

/** The button “More filters” with its form in a box, and a chip for each filter that is set. */
export function TypedFilters<N extends string>({ fields, values, onChange }: TypedFiltersProps<N>) {
  const names = Object.keys(fields) as N[];
  return (
    <>
      <Popover kind="dialog" label="More filters" trigger={(props) => <Button {...props}>More filters</Button>}>
        {(close) => (
          <TypedForm
            fields={fields}
            values={values}
            onChange={(change) => {
              onChange(change);
              close();
            }}
          />
        )}
      </Popover>
      {names.map((name) => {
        const value = values[name];
        const takeOff = () => onChange({ [name]: undefined } as Change<N>);
        const { label, kind } = fields[name];
        if (value === undefined) return null;
        return <FilterChip key={name} label={label} value={shownOf(kind, value)} onRemove={takeOff} />;
      })}
    </>
  );
}

function TypedForm<N extends string>({ fields, values, onChange }: TypedFiltersProps<N>) {
  const names = Object.keys(fields) as N[];
  const [typed, setTyped] = useState<Record<string, string>>(() =>
    Object.fromEntries(names.map((name) => [name, typedOf(fields[name], values[name])])),
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onChange(Object.fromEntries(names.map((name) => [name, valueOf(fields[name], typed[name] ?? "")])) as Change<N>);
      }}
    >
      <div className={styles.fields}>
        {names.map((name) => (
          <div key={name} className={fields[name].kind === "text" ? styles.whole : undefined}>
            <TextField
              label={fields[name].kind === "gigabytes" ? `${fields[name].label} (GB)` : fields[name].label}
              value={typed[name] ?? ""}
              onChange={(event) => setTyped({ ...typed, [name]: event.target.value })}
              {...KINDS[fields[name].kind]}
            />
          </div>
        ))}
        <div className={styles.apply}>
          <Button look="primary" type="submit">
            Apply
          </Button>
        </div>
      </div>
    </form>
  );
}

/** What the chip of a set filter says: amounts as the list shows them. */
function shownOf(kind: TypedField["kind"], value: string | number): string | number {
  return kind === "gigabytes" ? formatBytes(Number(value)) : value;
}

/** What a person would have typed for a value; of an amount six digits after the point, as whole bytes are not quite what was typed. */
function typedOf({ kind }: TypedField, value: string | number | undefined): string {
  if (value === undefined) return "";
  return String(kind === "gigabytes" ? Number((Number(value) / GIGABYTE).toFixed(6)) : value);
}

/** What was typed, or undefined for nothing and for what is no number where one belongs. */
function valueOf({ kind }: TypedField, typed: string): string | number | undefined {
  const text = typed.trim();
  if (text === "") return undefined;
  if (kind === "text" || kind === "day") return text;
  if (kind === "decimal") return Number.isFinite(Number(text)) && Number(text) >= 0 ? Number(text) : undefined;
  const value = kind === "gigabytes" ? Math.round(Number(text) * GIGABYTE) : Number(text);
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
