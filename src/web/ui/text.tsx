import type { ReactNode } from "react";
import { cx } from "./cx.ts";
import styles from "./text.module.css";

/** Versions, identifiers, addresses. */
export function Mono({ children }: { children: ReactNode }) {
  return <span className={styles.mono}>{children}</span>;
}

/** Words of lesser weight. */
export function Quiet({ children, small = false }: { children: ReactNode; small?: boolean }) {
  return <span className={cx(styles.quiet, small && styles.small)}>{children}</span>;
}

export function Strong({ children }: { children: ReactNode }) {
  return <strong className={styles.strong}>{children}</strong>;
}

/** One line of text; when it does not fit, hover or focus shows the whole. */
export function Clip({ text, mono = false }: { text: string; mono?: boolean }) {
  return (
    <span className={cx(styles.clip, mono && styles.mono)} data-tip={text} data-tip-when="clipped">
      {text}
    </span>
  );
}

export function Kbd({ children }: { children: ReactNode }) {
  return <kbd className={styles.kbd}>{children}</kbd>;
}

/** A short word in a frame: a kind, a role, a mark. */
export function Tag({ children }: { children: ReactNode }) {
  return <span className={styles.tag}>{children}</span>;
}
