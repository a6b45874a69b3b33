import type { ReactNode } from "react";
import { Logo } from "./logo.tsx";
import styles from "./bare.module.css";

/** A page without the frame: one column, one task. */
export function Bare({ children }: { children: ReactNode }) {
  return (
    <main className={styles.page}>
      <div className={styles.brand}>
        <Logo />
      </div>
      <div className={styles.card}>{children}</div>
    </main>
  );
}

export function BareHead({ title, children }: { title: string; children: ReactNode }) {
  return (
    <header className={styles.head}>
      <h1>{title}</h1>
      <div>{children}</div>
    </header>
  );
}
