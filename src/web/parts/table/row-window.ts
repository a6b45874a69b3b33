import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useState } from "react";
import type { RefObject } from "react";

/** Up to this many rows are simply drawn: find-in-page works on all of them. */
const DRAWN_WHOLE_MAX = 250;
const NARROW = "(max-width: 600px)";

interface RowWindow {
  /** The rows to draw: from `start` up to, not including, `end`. */
  start: number;
  end: number;
  /** Height in CSS pixels of the rows left out before and after. */
  before: number;
  after: number;
  reveal: (index: number) => void;
}

/** The part of a long list of rows that is near the window. */
export function useRowWindow(body: RefObject<HTMLElement | null>, count: number): RowWindow {
  const [scrollMargin, setScrollMargin] = useState(0);
  useLayoutEffect(() => {
    if (body.current !== null) setScrollMargin(body.current.getBoundingClientRect().top + window.scrollY);
  }, [body, count]);
  const enabled = count > DRAWN_WHOLE_MAX;
  // Its functions are used in this render only, never handed to memoised children.
  // oxlint-disable-next-line react/incompatible-library
  const virtual = useWindowVirtualizer({
    count,
    enabled,
    scrollMargin,
    overscan: 24,
    estimateSize: () => (window.matchMedia(NARROW).matches ? 56 : 36),
  });
  const items = virtual.getVirtualItems();
  const [first, last] = [items.at(0), items.at(-1)];
  if (!enabled || first === undefined || last === undefined)
    return { start: 0, end: enabled ? Math.min(count, 60) : count, before: 0, after: 0, reveal: () => undefined };
  return {
    start: first.index,
    end: last.index + 1,
    before: first.start - scrollMargin,
    after: Math.max(0, virtual.getTotalSize() - (last.end - scrollMargin)),
    reveal: (index) => virtual.scrollToIndex(index, { align: "auto" }),
  };
}
