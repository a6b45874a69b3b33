import { useEffect, useState } from "react";

/** Whole seconds left of `seconds`, counted from the moment `since` (Unix milliseconds) changes; 0 when there is nothing to wait for. */
export function useCountdown(seconds: number | null, since: number): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (seconds === null) {
      setLeft(0);
      return undefined;
    }
    const end = Date.now() + seconds * 1000;
    const tick = () => setLeft(Math.max(0, Math.ceil((end - Date.now()) / 1000)));
    tick();
    const timer = window.setInterval(tick, 500);
    return () => window.clearInterval(timer);
  }, [seconds, since]);
  return left;
}
