import { State } from "../ui/state.tsx";
import { IconButton } from "../ui/button.tsx";
import { RefreshIcon } from "../ui/icons.ts";
import { RelativeTime } from "./relative-time.tsx";
import styles from "./live.module.css";

/** When the shown data was fetched, and a way to fetch it now. */
export function LiveIndicator({
  updatedAt,
  fetching,
  failed,
  onRefresh,
}: {
  /** Unix milliseconds; 0 before the first answer. */
  updatedAt: number;
  fetching: boolean;
  failed: boolean;
  onRefresh: () => void;
}) {
  return (
    <span className={styles.live}>
      {failed ? (
        <State tone="warn">Not current</State>
      ) : (
        <State tone="ok" tip="This page asks the server again by itself while you look at it.">
          Live
        </State>
      )}
      {updatedAt > 0 && (
        <span className={styles.when}>
          <RelativeTime time={new Date(updatedAt).toISOString()} />
        </span>
      )}
      <IconButton label="Refresh now" icon={RefreshIcon} busy={fetching} onClick={onRefresh} />
    </span>
  );
}
