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

const CELLS = ["w1", "w3", "w0", "w2", "w3"] as const;

/** A table that is on its way: its head and rows, without words. */
export function SkeletonTable({ rows = 12 }: { rows?: number }) {
  return (
    <div className={styles.table} aria-hidden="true">
      {Array.from({ length: rows + 1 }, (_, row) => (
        <div key={row} className={cx(styles.tableRow, row === 0 && styles.tableHead)}>
          {CELLS.map((width, cell) => (
            <span key={`${width}${cell}`} className={styles.tableCell}>
              <span className={cx(styles.bone, row === 0 ? styles.w3 : styles[row % 2 === 0 ? width : "w1"])} />
            </span>
          ))}
        </div>
      ))}
    </div>
  );
}

export function Bone({ size = "word" }: { size?: "word" | "figure" | "title" }) {
  return <span className={cx(styles.bone, styles[size])} aria-hidden="true" />;
}
