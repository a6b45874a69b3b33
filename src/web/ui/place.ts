interface Box {
  top: number;
  left: number;
  width: number;
  height: number;
}

export type Alignment = "start" | "end" | "center";

const MARGIN = 8;

/**
 * Where a floating box goes: below its anchor, above when there is no room below, never outside the window.
 * Everything in CSS pixels of the viewport.
 */
export function placeBeside(
  anchor: Box,
  size: { width: number; height: number },
  view: { width: number; height: number },
  align: Alignment,
  gap = 4,
): { top: number; left: number } {
  const below = anchor.top + anchor.height + gap;
  const above = anchor.top - gap - size.height;
  const top = below + size.height > view.height - MARGIN && above >= MARGIN ? above : below;
  const offset = { start: 0, end: anchor.width - size.width, center: (anchor.width - size.width) / 2 }[align];
  const left = Math.max(MARGIN, Math.min(anchor.left + offset, view.width - size.width - MARGIN));
  return { top: Math.max(MARGIN, Math.min(top, Math.max(MARGIN, view.height - size.height - MARGIN))), left };
}

/** Moves an element of `position: fixed` beside its anchor. */
export function moveBeside(floating: HTMLElement, anchor: Element, align: Alignment, gap?: number): void {
  const size = { width: floating.offsetWidth, height: floating.offsetHeight };
  const view = { width: document.documentElement.clientWidth, height: window.innerHeight };
  const { top, left } = placeBeside(anchor.getBoundingClientRect(), size, view, align, gap);
  floating.style.top = `${Math.round(top)}px`;
  floating.style.left = `${Math.round(left)}px`;
}
