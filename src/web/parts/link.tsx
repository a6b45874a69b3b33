import { useRouter } from "@tanstack/react-router";
import type { ComponentPropsWithRef, MouseEvent } from "react";

type AnchorProps = Omit<ComponentPropsWithRef<"a">, "href"> & { href: string };

/** A link inside the application: a real anchor (new tab, copy address) whose plain click does not reload the page. */
export function A({ href, onClick, children, ...rest }: AnchorProps) {
  const router = useRouter();
  const go = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const other = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0;
    if (event.defaultPrevented || other || rest.target === "_blank") return;
    event.preventDefault();
    router.history.push(href);
  };
  return (
    <a {...rest} href={href} onClick={go}>
      {children}
    </a>
  );
}
