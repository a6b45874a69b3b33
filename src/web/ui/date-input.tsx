import { cx } from "./cx.ts";
import styles from "./field.module.css";

interface DateInputProps {
  label: string;
  /** `YYYY-MM-DD`, or undefined for no choice. */
  value: string | undefined;
  /** The last day that can be chosen. */
  max: string;
  onChoose: (value: string | undefined) => void;
}

/** The platform's own date field, with its words beside it. */
export function DateInput({ label, value, max, onChoose }: DateInputProps) {
  return (
    <label className={cx(styles.date, value !== undefined && styles.chosen)}>
      <span>{label}</span>
      <input
        type="date"
        value={value ?? ""}
        max={max}
        onChange={(event) => onChoose(event.target.value === "" ? undefined : event.target.value)}
      />
    </label>
  );
}
