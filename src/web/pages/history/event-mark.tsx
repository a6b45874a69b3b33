import type { SoftwareEventKind } from "#protocol/rest/history.ts";
import { cx } from "../../ui/cx.ts";
import { EVENT_LABELS } from "./event-words.ts";
import styles from "./timeline.module.css";

const SIGNS: Record<SoftwareEventKind, string> = { installed: "+", updated: "↑", removed: "−", renamed: "≈", first_seen: "·" };

/** An event as sign and word. */
export function EventMark({ event }: { event: SoftwareEventKind }) {
  return (
    <span className={cx(styles.mark, event === "removed" && styles.removed)}>
      <span className={styles.sign} aria-hidden="true">
        {SIGNS[event]}
      </span>
      {EVENT_LABELS[event]}
    </span>
  );
}
