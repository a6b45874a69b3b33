import { LogoMark } from "./logo.tsx";
import { SkeletonTable } from "./skeleton.tsx";
import styles from "./frame-skeleton.module.css";

/** The application before it knows who asks: the frame's shape, so that nothing jumps when it fills. */
export function FrameSkeleton() {
  return (
    <div className={styles.frame}>
      <div className={styles.side}>
        <LogoMark />
      </div>
      <main className={styles.main}>
        <h1 className="sr-only">Loading</h1>
        <div role="status" aria-label="Loading">
          <SkeletonTable />
        </div>
      </main>
    </div>
  );
}
