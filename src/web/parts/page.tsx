import { useEffect, useSyncExternalStore } from "react";
import type { ReactNode } from "react";
import { formatCount } from "./format.ts";
import { A } from "./link.tsx";
import styles from "./page.module.css";
import { Bone, SkeletonTable } from "../ui/skeleton.tsx";

let here = "";
const listeners = new Set<() => void>();

/** Names the page: in the browser's tab and history, and as the last step of the breadcrumb. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Muster`;
    here = title;
    for (const tell of listeners) tell();
  }, [title]);
}

/** The name of the page that is shown. */
export function useHere(): string {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => here,
  );
}

interface PageHeadProps {
  title: string;
  /** A version, beside the name. */
  version?: string;
  /** How many rows the page is about; `null` while it is counted. */
  count?: number | null;
  lead?: ReactNode;
  actions?: ReactNode;
  children?: ReactNode;
}

export function PageHead({ title, version, count, lead, actions, children }: PageHeadProps) {
  useTitle(version === undefined ? title : `${title} ${version}`);
  return (
    <header className={styles.head}>
      <div className={styles.row}>
        <h1 className={styles.title} tabIndex={-1}>
          {title}
          {version !== undefined && <span className={styles.version}>{version}</span>}
          {count === null && <Bone />}
          {typeof count === "number" && <span className={styles.count}>{formatCount(count)}</span>}
        </h1>
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </div>
      {lead !== undefined && <div className={styles.lead}>{lead}</div>}
      {children}
    </header>
  );
}

/** A page about one thing, while that thing is fetched. */
export function PageShape() {
  return (
    <>
      <header className={styles.head}>
        <h1 className={styles.title}>
          <span className="sr-only">Loading</span>
          <Bone size="title" />
        </h1>
        <Bone />
      </header>
      <SkeletonTable />
    </>
  );
}

/** Views of one page, each with its own address. */
export function TabLinks({
  label,
  tabs,
}: {
  label: string;
  tabs: { href: string; label: string; current: boolean; count?: number | undefined }[];
}) {
  return (
    <nav className={styles.tabs} aria-label={label}>
      {tabs.map((tab) => (
        <A key={tab.label} href={tab.href} className={styles.tab} aria-current={tab.current ? "page" : undefined}>
          {tab.label}
          {tab.count !== undefined && <span className={styles.tabCount}>{formatCount(tab.count)}</span>}
        </A>
      ))}
    </nav>
  );
}
