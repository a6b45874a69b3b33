import styles from "./logo.module.css";

/** The mark: five ranks that stand as an M, the middle one called out. */
export function LogoMark({ size = 20 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 20 20" aria-hidden="true" className={styles.mark}>
      <rect x="1" y="2" width="2.4" height="16" rx="1.2" />
      <rect x="4.9" y="4.6" width="2.4" height="6.2" rx="1.2" />
      <rect x="8.8" y="8.2" width="2.4" height="6.2" rx="1.2" className={styles.called} />
      <rect x="12.7" y="4.6" width="2.4" height="6.2" rx="1.2" />
      <rect x="16.6" y="2" width="2.4" height="16" rx="1.2" />
    </svg>
  );
}

export function Logo() {
  return (
    <span className={styles.logo}>
      <LogoMark />
      <span>Muster</span>
    </span>
  );
}
