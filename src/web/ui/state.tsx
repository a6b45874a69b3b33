import { cx } from "./cx.ts";
import styles from "./state.module.css";

export type StateTone = "ok" | "warn" | "bad" | "idle" | "busy";

/** A state as sign and word: colour alone never carries it. */
export function State({ tone, children, tip }: { tone: StateTone; children: string; tip?: string | undefined }) {
  return (
    <span className={cx(styles.state, styles[tone])} data-tip={tip}>
      <Sign tone={tone} />
      {children}
    </span>
  );
}

function Sign({ tone }: { tone: StateTone }) {
  return (
    <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
      {tone === "ok" && <circle cx="5" cy="5" r="4" fill="currentColor" />}
      {tone === "idle" && <circle cx="5" cy="5" r="3.4" fill="none" stroke="currentColor" strokeWidth="1.4" />}
      {tone === "warn" && <path d="M5 1 9.4 9H.6Z" fill="currentColor" />}
      {tone === "bad" && <path d="M5 .4 9.6 5 5 9.6.4 5Z" fill="currentColor" />}
      {tone === "busy" && (
        <path d="M5 1.4A3.6 3.6 0 1 1 1.4 5" fill="none" stroke="currentColor" strokeWidth="1.6" className={styles.turning} />
      )}
    </svg>
  );
}
