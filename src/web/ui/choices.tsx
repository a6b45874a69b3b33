import { useId } from "react";
import styles from "./choices.module.css";

interface ChoicesProps<V extends string> {
  label: string;
  value: V;
  options: { value: V; label: string; note: string }[];
  onChoose: (value: V) => void;
}

/** One of a few, all in view. */
export function Choices<V extends string>({ label, value, options, onChoose }: ChoicesProps<V>) {
  const name = useId();
  return (
    <fieldset className={styles.choices}>
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <label key={option.value} className={styles.choice}>
          <input type="radio" name={name} checked={option.value === value} onChange={() => onChoose(option.value)} />
          <span>{option.label}</span>
          <span className={styles.note}>{option.note}</span>
        </label>
      ))}
    </fieldset>
  );
}
