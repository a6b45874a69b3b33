import { useId, useState } from "react";
import type { ComponentPropsWithRef, ReactNode } from "react";
import { cx } from "./cx.ts";
import styles from "./field.module.css";
import { Icon } from "./icon.tsx";
import { ChevronDownIcon, HideIcon, SearchIcon, ShowIcon, WarnIcon } from "./icons.ts";

interface FieldWords {
  label: string;
  /** What the field wants, below it. */
  hint?: ReactNode;
  /** What is wrong with the value and what to do. */
  error?: string | undefined;
}

function Frame({ id, label, hint, error, children }: FieldWords & { id: string; children: ReactNode }) {
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      {children}
      {error !== undefined && (
        <p id={`${id}-error`} className={styles.error} role="alert">
          <Icon of={WarnIcon} size={14} />
          <span>{error}</span>
        </p>
      )}
      {hint !== undefined && (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      )}
    </div>
  );
}

function describedBy(id: string, { hint, error }: FieldWords): string | undefined {
  const ids = [error !== undefined && `${id}-error`, hint !== undefined && `${id}-hint`].filter(Boolean);
  return ids.length === 0 ? undefined : ids.join(" ");
}

type TextFieldProps = FieldWords & Omit<ComponentPropsWithRef<"input">, "id">;

export function TextField({ label, hint, error, className, ...rest }: TextFieldProps) {
  const id = useId();
  const words = { label, hint, error };
  return (
    <Frame id={id} {...words}>
      <input
        {...rest}
        id={id}
        className={cx(styles.input, className)}
        aria-invalid={error !== undefined || undefined}
        aria-describedby={describedBy(id, words)}
      />
    </Frame>
  );
}

/** Several lines of text in a fixed width: queries, rules. */
export function TextArea({ label, hint, error, ...rest }: FieldWords & Omit<ComponentPropsWithRef<"textarea">, "id">) {
  const id = useId();
  const words = { label, hint, error };
  return (
    <Frame id={id} {...words}>
      <textarea
        spellCheck={false}
        {...rest}
        id={id}
        className={styles.area}
        aria-invalid={error !== undefined || undefined}
        aria-describedby={describedBy(id, words)}
      />
    </Frame>
  );
}

export function PasswordField({ label, hint, error, ...rest }: TextFieldProps) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const words = { label, hint, error };
  return (
    <Frame id={id} {...words}>
      <span className={styles.withButton}>
        <input
          {...rest}
          id={id}
          type={shown ? "text" : "password"}
          className={styles.input}
          aria-invalid={error !== undefined || undefined}
          aria-describedby={describedBy(id, words)}
        />
        <button
          type="button"
          className={styles.inside}
          aria-pressed={shown}
          aria-label={`Show ${label.toLowerCase()}`}
          onClick={() => setShown(!shown)}
        >
          <Icon of={shown ? HideIcon : ShowIcon} />
        </button>
      </span>
    </Frame>
  );
}

type SelectProps<V extends string> = {
  /** Read aloud; shown on the closed control as `label: value`. */
  label: string;
  value: V | undefined;
  options: readonly { value: V; label: string }[];
  /** The words of "no choice"; without them a choice must be made. */
  any?: string;
  onChoose: (value: V | undefined) => void;
};

/** A native select in the interface's clothes: its list, keys and touch behaviour are the platform's own. */
export function Select<V extends string>({ label, value, options, any, onChoose }: SelectProps<V>) {
  return (
    <span className={cx(styles.select, value !== undefined && any !== undefined && styles.chosen)}>
      <select
        aria-label={label}
        value={value ?? ""}
        onChange={(event) => onChoose(event.target.value === "" ? undefined : (event.target.value as V))}
      >
        {any !== undefined && <option value="">{any}</option>}
        {options.map((o) => (
          <option key={o.value} value={o.value}>
            {o.label}
          </option>
        ))}
      </select>
      <Icon of={ChevronDownIcon} size={14} />
    </span>
  );
}

export function SearchInput({ label, ...rest }: { label: string } & Omit<ComponentPropsWithRef<"input">, "type">) {
  return (
    <span className={styles.search}>
      <Icon of={SearchIcon} />
      <input {...rest} type="search" aria-label={label} autoComplete="off" spellCheck={false} />
    </span>
  );
}

export function Checkbox({
  label,
  hiddenLabel = false,
  mixed = false,
  ...rest
}: { label: ReactNode; hiddenLabel?: boolean; mixed?: boolean } & Omit<ComponentPropsWithRef<"input">, "type">) {
  return (
    <label className={styles.check}>
      <input
        {...rest}
        type="checkbox"
        ref={(input) => {
          if (input !== null) input.indeterminate = mixed;
        }}
      />
      <span className={hiddenLabel ? "sr-only" : undefined}>{label}</span>
    </label>
  );
}
