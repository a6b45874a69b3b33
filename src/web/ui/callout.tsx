import type { ReactNode } from "react";
import styles from "./callout.module.css";
import { cx } from "./cx.ts";
import { Icon } from "./icon.tsx";
import { WarnIcon, CheckIcon } from "./icons.ts";

/** Something to know before acting. */
export function Callout({ tone, title, children }: { tone: "warn" | "ok"; title: string; children: ReactNode }) {
  return (
    <div className={cx(styles.callout, styles[tone])} role="note">
      <Icon of={tone === "warn" ? WarnIcon : CheckIcon} size={18} />
      <div>
        <p className={styles.title}>{title}</p>
        <div>{children}</div>
      </div>
    </div>
  );
}
