import type { ReactNode } from "react";
import styles from "./event-list.module.css";

/** What happened when, one line each. */
export function EventList({ events }: { events: { key: number; text: ReactNode; time: ReactNode }[] }) {
  return (
    <ol className={styles.list}>
      {events.map((event) => (
        <li key={event.key} className={styles.event}>
          <span className={styles.text}>{event.text}</span>
          <span className={styles.time}>{event.time}</span>
        </li>
      ))}
    </ol>
  );
}
