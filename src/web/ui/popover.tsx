import { useEffect, useId, useRef, useState } from "react";
import type { ReactNode } from "react";
import { moveBeside } from "./place.ts";
import type { Alignment } from "./place.ts";
import styles from "./popover.module.css";
import { cx } from "./cx.ts";

/** What the button that opens a popover must carry. */
export interface TriggerProps {
  popoverTarget: string;
  "aria-haspopup": "menu" | "dialog";
  "aria-expanded": boolean;
}

interface PopoverProps {
  kind: "menu" | "dialog";
  label: string;
  align?: Alignment;
  trigger: (props: TriggerProps) => ReactNode;
  /** Rendered only while open. */
  children: (close: () => void) => ReactNode;
}

/**
 * A box over the page, opened by a button. The platform's popover does the work: top layer, Escape, a click outside, focus
 * back to the button.
 */
export function Popover({ kind, label, align = "start", trigger, children }: PopoverProps) {
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const close = () => document.getElementById(id)?.hidePopover();
  useEffect(() => (open && box.current !== null ? keepBeside(box.current, id, align) : undefined), [open, id, align]);
  return (
    <>
      {trigger({ popoverTarget: id, "aria-haspopup": kind, "aria-expanded": open })}
      {/* Its role is `kind`: a menu or a dialog. */}
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div
        ref={box}
        id={id}
        popover="auto"
        role={kind}
        aria-label={label}
        className={cx(styles.popover, kind === "menu" && styles.menu)}
        onBeforeToggle={(event) => setOpen(event.newState === "open")}
        onKeyDown={kind === "menu" ? moveInMenu : undefined}
      >
        {open && children(close)}
      </div>
    </>
  );
}

/** Places the box now and whenever the page moves under it, and focuses what is first in it. Returns the undoing. */
function keepBeside(box: HTMLElement, id: string, align: Alignment): () => void {
  const anchor = document.querySelector(`[popovertarget="${CSS.escape(id)}"]`);
  const place = () => anchor !== null && moveBeside(box, anchor, align);
  const frame = requestAnimationFrame(() => {
    place();
    box.dataset["placed"] = "";
    box.querySelector<HTMLElement>("button:not([aria-disabled]), a, input")?.focus();
  });
  window.addEventListener("scroll", place, { passive: true, capture: true });
  window.addEventListener("resize", place);
  return () => {
    cancelAnimationFrame(frame);
    delete box.dataset["placed"];
    window.removeEventListener("scroll", place, { capture: true });
    window.removeEventListener("resize", place);
  };
}

function moveInMenu(event: React.KeyboardEvent<HTMLDivElement>): void {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[role^="menuitem"]')];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 }[event.key];
  if (to === undefined || items.length === 0) return;
  event.preventDefault();
  items[to % items.length]?.focus();
}
