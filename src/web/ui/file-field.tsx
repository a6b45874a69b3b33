import { useId } from "react";
import styles from "./field.module.css";

interface FileFieldProps {
  label: string;
  /** What the file dialog offers first; anything can be chosen all the same. */
  accept: string;
  onChoose: (file: File | null) => void;
}

/** The platform's own field for one file. */
export function FileField({ label, accept, onChoose }: FileFieldProps) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      <input
        id={id}
        type="file"
        accept={accept}
        className={styles.file}
        onChange={(event) => onChoose(event.target.files?.[0] ?? null)}
      />
    </div>
  );
}
