import type { ComponentPropsWithRef, MouseEvent } from "react";
import { useGo } from "./use-go.ts";

type AnchorProps = Omit<ComponentPropsWithRef<"a">, "href"> & {
  href: string;
  /** The page stays where it is scrolled to: the link opens something in place. */
  keepScroll?: boolean;
};

/** A link inside the application: a real anchor (new tab, copy address) whose plain click does not reload the page. */
export function A({ href, keepScroll = false, onClick, children, ...rest }: AnchorProps) {
  const go = useGo();
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const other = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0;
    if (event.defaultPrevented || other || rest.target === "_blank") return;
    event.preventDefault();
    go(href, { keepScroll });
  };
  return (
    <a {...rest} href={href} onClick={follow}>
      {children}
    </a>
  );
}
