import type { ReactNode } from "react";

/** A link that leaves Muster. Only web addresses become links: whatever else a feed names is shown as text. */
export function OutsideLink({ href, children }: { href: string; children: ReactNode }) {
  if (!/^https?:\/\//u.test(href)) return <span>{children}</span>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow" data-tip={`Opens ${new URL(href).host} in another tab`}>
      {children}
    </a>
  );
}
