import type { ReactNode } from "react";
import styles from "./folded.module.css";

/** More of the same, shown on demand, or at once (`open`). */
export function Folded({ summary, open = false, children }: { summary: string; open?: boolean; children: ReactNode }) {
  return (
    <details className={styles.folded} open={open}>
      <summary>{summary}</summary>
      {children}
    </details>
  );
}
