import { useEffect, useRef, useState } from "react";
import type { FocusEvent, KeyboardEvent, RefObject } from "react";

/**
 * One tab stop for a whole table: Tab enters at the active row, the arrow keys, Home, End and the page keys walk, Enter opens
 * (the rows' links do that themselves), Space selects.
 */
export function useRowFocus(body: RefObject<HTMLElement | null>, count: number, reveal: (index: number) => void) {
  const [active, setActive] = useState(0);
  const wanted = useRef<number | null>(null);
  useEffect(() => {
    if (wanted.current === null) return;
    // A row far away is drawn only after the scrolling towards it.
    const link = linkOf(body.current, wanted.current);
    if (link === null) return;
    link.focus();
    wanted.current = null;
  });
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.key === " " && event.target instanceof HTMLAnchorElement) {
      event.preventDefault();
      event.target.closest("tr")?.querySelector<HTMLInputElement>('input[type="checkbox"]')?.click();
      return;
    }
    const next = nextIndex(event.key, active, count);
    if (next === null || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    wanted.current = next;
    reveal(next);
    setActive(next);
  };
  const onFocus = (event: FocusEvent<HTMLElement>) => {
    const index = event.target.closest<HTMLElement>("tr")?.dataset["row"];
    if (index !== undefined) setActive(Number(index));
  };
  return { active: Math.min(active, Math.max(0, count - 1)), onKeyDown, onFocus };
}

/** The row that a key leads to from row `at` of `count`; null when the key is not one that walks. */
export function nextIndex(key: string, at: number, count: number): number | null {
  const steps: Record<string, number> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + 20,
    PageUp: at - 20,
    Home: 0,
    End: count - 1,
  };
  const to = steps[key];
  return to === undefined || count === 0 ? null : Math.max(0, Math.min(count - 1, to));
}

function linkOf(body: HTMLElement | null, index: number): HTMLElement | null {
  return body?.querySelector<HTMLElement>(`tr[data-row="${index}"] [data-row-link]`) ?? null;
}
