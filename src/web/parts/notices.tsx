import { useSyncExternalStore } from "react";
import { IconButton } from "../ui/button.tsx";
import { CloseIcon } from "../ui/icons.ts";
import { State } from "../ui/state.tsx";
import type { StateTone } from "../ui/state.tsx";
import { A } from "./link.tsx";
import styles from "./notices.module.css";

interface Notice {
  id: number;
  tone: StateTone;
  /** One word for the sign: Done, Failed. */
  word: string;
  text: string;
  link?: { href: string; label: string };
}

const SHOWN_MS = 6_000;
let notices: readonly Notice[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function set(next: readonly Notice[]): void {
  notices = next;
  for (const tell of listeners) tell();
}

/** Tells the reader how something ended. A failure stays until it is closed; the rest goes by itself. */
export function notify(notice: Omit<Notice, "id">): void {
  const id = ++lastId;
  set([...notices.slice(-3), { ...notice, id }]);
  if (notice.tone !== "bad") window.setTimeout(dismiss, SHOWN_MS, id);
}

function dismiss(id: number): void {
  set(notices.filter((n) => n.id !== id));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Notices() {
  const shown = useSyncExternalStore(subscribe, () => notices);
  return (
    <section className={styles.notices} aria-live="polite" aria-label="Notices">
      {shown.map((n) => (
        <div key={n.id} className={styles.notice}>
          <div>
            <State tone={n.tone}>{n.word}</State>
            <p>{n.text}</p>
            {n.link && <A href={n.link.href}>{n.link.label}</A>}
          </div>
          <IconButton label="Dismiss" icon={CloseIcon} onClick={() => dismiss(n.id)} />
        </div>
      ))}
    </section>
  );
}
