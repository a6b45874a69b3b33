import type { ReactNode } from "react";
import styles from "./folded.module.css";

/** More of the same, shown on demand. */
export function Folded({ summary, children }: { summary: string; children: ReactNode }) {
  return (
    <details className={styles.folded}>
      <summary>{summary}</summary>
      {children}
    </details>
  );
}
