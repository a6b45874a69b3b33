import { Outlet, useRouter } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { IconButton } from "../../ui/button.tsx";
import { cx } from "../../ui/cx.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { CollapseIcon, ExpandIcon } from "../../ui/icons.ts";
import { Logo, LogoMark } from "../../ui/logo.tsx";
import { paths } from "../../paths.ts";
import { A } from "../link.tsx";
import { Palette } from "../palette/palette.tsx";
import { useHere } from "../page.tsx";
import styles from "./app-frame.module.css";
import { DemonstrationBanner } from "./demonstration.tsx";
import { Navigation } from "./navigation.tsx";
import { TopBar } from "./top-bar.tsx";

const NARROW_KEY = "muster.navigation";

/** What surrounds every page of somebody who is logged in. */
export function AppFrame() {
  const [narrow, setNarrow] = useNarrow();
  const [open, setOpen] = useState<"menu" | "palette" | null>(null);
  usePaletteKey(() => setOpen("palette"));
  useFocusAfterNavigation();
  const close = () => setOpen(null);
  return (
    <div className={cx(styles.frame, narrow && styles.narrow)}>
      <a href="#main" className={styles.skip}>
        Skip to the content
      </a>
      <aside className={styles.side} aria-label="Navigation">
        <A href={paths.dashboard()} className={styles.brand} aria-label="Muster, dashboard">
          {narrow ? <LogoMark size={22} /> : <Logo />}
        </A>
        <Navigation narrow={narrow} />
        <div className={styles.fold}>
          <IconButton
            label={narrow ? "Widen the navigation" : "Narrow the navigation"}
            icon={narrow ? ExpandIcon : CollapseIcon}
            onClick={() => setNarrow(!narrow)}
          />
        </div>
      </aside>
      <div className={styles.column}>
        <TopBar onMenu={() => setOpen("menu")} onSearch={() => setOpen("palette")} />
        <DemonstrationBanner />
        <main id="main" className={styles.main} tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      {open === "menu" && (
        <Dialog title="Muster" form="menu" onClose={close}>
          <Navigation onGo={close} />
        </Dialog>
      )}
      {open === "palette" && <Palette onClose={close} />}
      <PageAnnouncer />
    </div>
  );
}

/** Says the new page's name to screen readers, which notice no change of page in an application. */
function PageAnnouncer() {
  const here = useHere();
  return (
    <div className="sr-only" aria-live="polite">
      {here}
    </div>
  );
}

function useNarrow(): [boolean, (narrow: boolean) => void] {
  const [narrow, setNarrow] = useState(() => readStored(NARROW_KEY) === "narrow");
  return [
    narrow,
    (next) => {
      setNarrow(next);
      store(NARROW_KEY, next ? "narrow" : "wide");
    },
  ];
}

function readStored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is closed: the usual width
  }
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // storage is closed: the choice holds until the page is left
  }
}

function usePaletteKey(open: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const combined = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k";
      const slash = event.key === "/" && !isTyping(event.target);
      if (!combined && !slash) return;
      event.preventDefault();
      open();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/u.test(target.tagName));
}

/** When the link that was followed is gone with its page, focus goes to the new page's content and not to nowhere. */
function useFocusAfterNavigation(): void {
  const router = useRouter();
  useEffect(
    () =>
      router.subscribe("onRendered", ({ pathChanged }) => {
        if (!pathChanged) return;
        requestAnimationFrame(() => {
          if (document.activeElement === document.body) document.querySelector("main")?.focus({ preventScroll: true });
        });
      }),
    [router],
  );
}
