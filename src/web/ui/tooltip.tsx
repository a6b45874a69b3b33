import { useEffect, useRef } from "react";
import { moveBeside } from "./place.ts";
import styles from "./tooltip.module.css";

const HOVER_DELAY_MS = 300;

/**
 * Shows the `data-tip` of whatever is hovered or focused: one element for the whole page, because a table has a thousand
 * cells with more to say. `data-tip-when="clipped"` shows it only when the text does not fit.
 */
export function TooltipLayer() {
  const tip = useRef<HTMLDivElement>(null);
  useEffect(() => (tip.current === null ? undefined : watchTips(tip.current)), []);
  return <div ref={tip} id="tooltip" role="tooltip" popover="manual" className={styles.tip} />;
}

function watchTips(tip: HTMLElement): () => void {
  let timer = 0;
  let owner: Element | null = null;
  const hide = () => {
    window.clearTimeout(timer);
    owner?.removeAttribute("aria-describedby");
    owner = null;
    if (tip.matches(":popover-open")) tip.hidePopover();
  };
  const show = (target: Element) => {
    const text = target.getAttribute("data-tip");
    if (text === null || !target.isConnected) return;
    tip.textContent = text;
    owner = target;
    if (target.getAttribute("aria-label") !== text && !target.hasAttribute("aria-describedby"))
      target.setAttribute("aria-describedby", tip.id);
    tip.showPopover();
    moveBeside(tip, target, "center", 6);
  };
  const onOver = (event: Event) => {
    const target = tipTarget(event.target) ?? tipInside(event.target);
    if (target === owner) return;
    hide();
    if (target !== null) timer = window.setTimeout(show, HOVER_DELAY_MS, target);
  };
  const onFocus = (event: Event) => {
    const focused = event.target instanceof Element && event.target.matches(":focus-visible") ? event.target : null;
    const target = tipTarget(focused) ?? tipInside(focused);
    hide();
    if (target !== null) show(target);
  };
  const onKey = (event: KeyboardEvent) => event.key === "Escape" && hide();
  const ways: [string, (event: never) => unknown][] = [
    ["pointerover", onOver],
    ["focusin", onFocus],
    ["focusout", hide],
    ["pointerdown", hide],
    ["keydown", onKey],
  ];
  for (const [name, listener] of ways) document.addEventListener(name, listener as EventListener);
  window.addEventListener("scroll", hide, { passive: true, capture: true });
  return () => {
    hide();
    for (const [name, listener] of ways) document.removeEventListener(name, listener as EventListener);
    window.removeEventListener("scroll", hide, { capture: true });
  };
}

/** A link that covers its row speaks for the text in it. */
function tipInside(from: EventTarget | null): Element | null {
  return from instanceof HTMLAnchorElement ? tipTarget(from.querySelector("[data-tip]")) : null;
}

function tipTarget(from: EventTarget | null): Element | null {
  const target = from instanceof Element ? from.closest("[data-tip]") : null;
  if (target === null) return null;
  if (target.getAttribute("data-tip-when") !== "clipped") return target;
  return target.scrollWidth > target.clientWidth ? target : null;
}
