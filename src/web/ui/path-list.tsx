import styles from "./path-list.module.css";
import { Quiet } from "./text.tsx";

/** File paths, whole: they wrap rather than being cut. */
export function PathList({ paths, none }: { paths: readonly string[]; none: string }) {
  if (paths.length === 0) return <Quiet>{none}</Quiet>;
  return (
    <ul className={styles.paths}>
      {paths.map((path) => (
        <li key={path}>{path}</li>
      ))}
    </ul>
  );
}
