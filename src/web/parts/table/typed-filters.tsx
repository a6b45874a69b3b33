import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Popover } from "../../ui/popover.tsx";
import { FilterChip } from "./table-bar.tsx";
import styles from "./typed-filters.module.css";

/** A filter that needs typing: its words, and what is typed. Days and counts stand in pairs: since and until, at least and at most. */
export interface TypedField {
  label: string;
  kind: "text" | "day" | "count";
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
} as const;

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
        return value === undefined ? null : <FilterChip key={name} label={fields[name].label} value={value} onRemove={takeOff} />;
      })}
    </>
  );
}

function TypedForm<N extends string>({ fields, values, onChange }: TypedFiltersProps<N>) {
  const names = Object.keys(fields) as N[];
  const [typed, setTyped] = useState<Record<string, string>>(() =>
    Object.fromEntries(names.map((name) => [name, String(values[name] ?? "")])),
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
              label={fields[name].label}
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

/** What was typed, or undefined for nothing and for what is no number where one belongs. */
function valueOf({ kind }: TypedField, typed: string): string | number | undefined {
  const text = typed.trim();
  if (text === "") return undefined;
  if (kind !== "count") return text;
  const value = Number(text);
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
