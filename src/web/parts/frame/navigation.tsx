import { useRouterState } from "@tanstack/react-router";
import { cx } from "../../ui/cx.ts";
import { Icon } from "../../ui/icon.tsx";
import { A } from "../link.tsx";
import styles from "./navigation.module.css";
import { isAt, PLACES } from "./places.ts";

/** The areas of Muster. `narrow`: icons only, names on hover and focus. */
export function Navigation({ narrow = false, onGo }: { narrow?: boolean; onGo?: () => void }) {
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  return (
    <nav aria-label="Areas" className={cx(styles.nav, narrow && styles.narrow)}>
      {PLACES.map((group) => (
        <ul key={group[0]?.label} className={styles.group}>
          {group.map((place) => (
            <li key={place.label}>
              <A
                href={place.href}
                className={cx(styles.place, place.planned !== undefined && styles.planned)}
                aria-current={isAt(place, pathname) ? "page" : undefined}
                aria-label={narrow ? `${place.label}${place.planned === undefined ? "" : " (planned)"}` : undefined}
                data-tip={place.planned === undefined ? (narrow ? place.label : undefined) : `Not built yet. ${place.planned}`}
                onClick={onGo}
              >
                <Icon of={place.icon} size={18} />
                <span className={styles.label}>{place.label}</span>
                {place.planned !== undefined && <span className={styles.later}>planned</span>}
              </A>
            </li>
          ))}
        </ul>
      ))}
    </nav>
  );
}
