import type { ReactNode } from "react";
import { cx } from "./cx.ts";
import styles from "./layout.module.css";

type Gap = 1 | 2 | 3 | 4 | 6 | 8;

/** Children below each other, `gap` steps of 4 px apart. */
export function Stack({ gap = 4, children }: { gap?: Gap; children: ReactNode }) {
  return <div className={cx(styles.stack, styles[`gap${gap}`])}>{children}</div>;
}

/** Children beside each other, wrapping when there is no room. */
export function Cluster({ gap = 2, end = false, children }: { gap?: Gap; end?: boolean; children: ReactNode }) {
  return <div className={cx(styles.cluster, styles[`gap${gap}`], end && styles.end)}>{children}</div>;
}

/** An icon and words on one line; the words may be clipped, the icon never. */
export function Beside({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <span className={styles.beside}>
      {icon}
      <span className={styles.besideWords}>{children}</span>
    </span>
  );
}

/** Columns of at least `min` width that share the room. */
export function Columns({ min = "medium", children }: { min?: "small" | "medium" | "large"; children: ReactNode }) {
  return <div className={cx(styles.columns, styles[min])}>{children}</div>;
}

/** A main column and a narrow one beside it, below it where there is no room. */
export function TwoColumns({ aside, children }: { aside: ReactNode; children: ReactNode }) {
  return (
    <div className={styles.twoColumns}>
      <div className={styles.main}>{children}</div>
      <aside className={styles.aside}>{aside}</aside>
    </div>
  );
}

/** A titled section between hairlines: the faceplate's unit. */
export function Panel({
  title,
  note,
  action,
  children,
  flush = false,
}: {
  title: string;
  note?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
  flush?: boolean;
}) {
  return (
    <section className={styles.panel} aria-label={title}>
      <header className={styles.panelHead}>
        <h2>{title}</h2>
        {note !== undefined && <span className={styles.note}>{note}</span>}
        {action !== undefined && <span className={styles.panelAction}>{action}</span>}
      </header>
      <div className={cx(!flush && styles.panelBody)}>{children}</div>
    </section>
  );
}

/** Running text in the width that reads well. */
export function Prose({ children }: { children: ReactNode }) {
  return <div className={styles.prose}>{children}</div>;
}

/** Label and value pairs. A pair without a value is shown as not reported, never hidden. */
export function Facts({ facts }: { facts: { label: string; value: ReactNode; mono?: boolean; wide?: boolean }[] }) {
  return (
    <dl className={styles.facts}>
      {facts.map((fact) => (
        <div key={fact.label} className={styles.fact}>
          <dt>{fact.label}</dt>
          <dd className={fact.mono ? styles.mono : undefined}>
            {fact.value === "" || fact.value === null || fact.value === undefined ? (
              <span className={styles.none}>not reported</span>
            ) : (
              fact.value
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
