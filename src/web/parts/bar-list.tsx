import { Meter } from "../ui/meter.tsx";
import { Clip } from "../ui/text.tsx";
import styles from "./bar-list.module.css";
import { countOf, formatCount } from "./format.ts";
import { A } from "./link.tsx";

export interface BarRow {
  key: string;
  label: string;
  value: number;
  href?: string;
  mono?: boolean;
}

/** Named quantities as bars with their numbers; the longest bar is the greatest value, or `total` when shares are meant. */
export function BarList({ bars, total, unit }: { bars: readonly BarRow[]; total?: number; unit: string }) {
  const max = total ?? Math.max(0, ...bars.map((b) => b.value));
  return (
    <ul className={styles.list}>
      {bars.map((bar) => (
        <li key={bar.key} className={styles.row}>
          <span className={styles.label}>
            {bar.href === undefined ? (
              <Clip text={bar.label} mono={bar.mono ?? false} />
            ) : (
              <A href={bar.href} aria-label={`${bar.label}: ${countOf(bar.value, unit)}`}>
                <Clip text={bar.label} mono={bar.mono ?? false} />
              </A>
            )}
          </span>
          <Meter value={bar.value} max={max} />
          <span className={styles.value}>{formatCount(bar.value)}</span>
        </li>
      ))}
    </ul>
  );
}
