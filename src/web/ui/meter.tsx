import styles from "./meter.module.css";

/** A bar of `value` out of `max` (same unit); a value above zero is always visible. */
export function Meter({ value, max }: { value: number; max: number }) {
  const share = max <= 0 ? 0 : Math.min(1, value / max);
  return (
    <svg className={styles.meter} width="100%" height="6" aria-hidden="true">
      <rect width="100%" height="6" rx="1" className={styles.track} />
      {value > 0 && <rect width={`${Math.max(share * 100, 1)}%`} height="6" rx="1" className={styles.bar} />}
    </svg>
  );
}
