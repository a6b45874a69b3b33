import type { ReactNode } from "react";
import { cx } from "./cx.ts";
import styles from "./figures.module.css";
import { Bone } from "./skeleton.tsx";

interface FigureRowProps {
  figures: {
    label: string;
    value: number | null;
    tip: string;
    href: string;
    tone?: "ok" | "idle" | "warn";
  }[];
  link: (href: string, children: ReactNode) => ReactNode;
}

const COUNT = new Intl.NumberFormat("en");

/** Large numbers on a scale, each a link to what it counts. */
export function FigureRow({ figures, link }: FigureRowProps) {
  return (
    <ul className={styles.row}>
      {figures.map((figure) => (
        <li key={figure.label} className={styles.figure} data-tip={figure.tip}>
          {link(
            figure.href,
            <>
              <span className={styles.label}>
                {figure.tone !== undefined && <i className={cx(styles.dot, styles[figure.tone])} />}
                {figure.label}
              </span>
              <span className={styles.value}>{figure.value === null ? <Bone size="figure" /> : COUNT.format(figure.value)}</span>
            </>,
          )}
        </li>
      ))}
    </ul>
  );
}
