import type { ComponentPropsWithRef, ReactNode } from "react";
import styles from "./button.module.css";
import { cx } from "./cx.ts";
import { Icon } from "./icon.tsx";
import type { IconType } from "./icon.tsx";

/** `choice` and `chosen`: a filter that is not set, and one that is, as selects look. */
type Look = "primary" | "plain" | "choice" | "chosen" | "quiet" | "danger";

export interface ButtonLook {
  look?: Look;
  icon?: IconType;
  /** Why the button cannot be used now: it stays visible and says so. */
  blocked?: string | undefined;
  busy?: boolean;
}

/** The class of a button look, for links that look like buttons. */
export function buttonClass(look: Look): string {
  return cx(styles.button, styles[look]);
}

type ButtonProps = ButtonLook & Omit<ComponentPropsWithRef<"button">, "disabled">;

export function Button({ look = "plain", icon, blocked, busy = false, children, onClick, className, ...rest }: ButtonProps) {
  const idle = blocked !== undefined || busy;
  return (
    <button
      type="button"
      {...rest}
      className={cx(buttonClass(look), className)}
      aria-disabled={idle || undefined}
      aria-busy={busy || undefined}
      data-tip={blocked}
      onClick={idle ? (event) => event.preventDefault() : onClick}
    >
      {busy ? <span className={styles.spinner} /> : icon && <Icon of={icon} />}
      {children}
    </button>
  );
}

type IconButtonProps = Omit<ButtonLook, "icon"> &
  Omit<ComponentPropsWithRef<"button">, "disabled" | "children"> & { label: string; icon: IconType; extra?: ReactNode };

/** A button of one icon; its label is read aloud and shown on hover. */
export function IconButton({ label, icon, look = "quiet", blocked, busy = false, extra, onClick, ...rest }: IconButtonProps) {
  const idle = blocked !== undefined || busy;
  return (
    <button
      type="button"
      {...rest}
      className={cx(buttonClass(look), styles.square, rest.className)}
      aria-label={label}
      aria-disabled={idle || undefined}
      data-tip={blocked ?? label}
      onClick={idle ? (event) => event.preventDefault() : onClick}
    >
      {busy ? <span className={styles.spinner} /> : <Icon of={icon} />}
      {extra}
    </button>
  );
}
