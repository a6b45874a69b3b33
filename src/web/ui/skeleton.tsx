import { cx } from "./cx.ts";
import styles from "./skeleton.module.css";

/** The shape of an answer that is on its way. `widths` repeat, so that lines look like text and not like a fence. */
export function SkeletonLines({ count, tall = false }: { count: number; tall?: boolean }) {
  return (
    <div className={styles.lines} aria-hidden="true">
      {Array.from({ length: count }, (_, i) => (
        <div key={i} className={cx(styles.line, tall && styles.tall)}>
          <span className={cx(styles.bone, styles[`w${i % 4}`])} />
        </div>
      ))}
    </div>
  );
}

export function Bone({ size = "word" }: { size?: "word" | "figure" | "title" }) {
  return <span className={cx(styles.bone, styles[size])} aria-hidden="true" />;
}
