import type { ReactNode } from "react";
import styles from "./action-bar.module.css";

/** Actions on what is selected, in view while there is a selection. */
export function ActionBar({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div role="toolbar" aria-label={label} className={styles.bar}>
      {children}
    </div>
  );
}
