import { useId, useLayoutEffect, useRef } from "react";
import type { ReactNode } from "react";
import { IconButton } from "./button.tsx";
import { cx } from "./cx.ts";
import styles from "./dialog.module.css";
import { CloseIcon } from "./icons.ts";

interface DialogProps {
  title: string;
  onClose: () => void;
  /** `sheet`: along the right edge, for a closer look beside the page; `menu`: along the left edge; `bare`: no title bar. */
  form?: "box" | "sheet" | "menu" | "bare";
  children: ReactNode;
  footer?: ReactNode;
}

/** A modal dialog; it is open while it is rendered. Escape, the close button and a click beside it close it. */
export function Dialog({ title, onClose, form = "box", children, footer }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // Before the element leaves the page: closing is what gives the focus back to where it was.
  useLayoutEffect(() => {
    const element = dialog.current;
    if (element === null || element.open) return undefined;
    element.showModal();
    return () => element.close();
  }, []);
  return (
    // The click beside the dialog lands on its backdrop; keyboard users have Escape.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={dialog}
      className={cx(styles.dialog, styles[form])}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div className={styles.frame}>
        <header className={cx(styles.head, form === "bare" && "sr-only")}>
          <h2 id={titleId}>{title}</h2>
          {form !== "bare" && <IconButton label="Close" icon={CloseIcon} onClick={onClose} />}
        </header>
        <div className={styles.body}>{children}</div>
        {footer !== undefined && <footer className={styles.foot}>{footer}</footer>}
      </div>
    </dialog>
  );
}
