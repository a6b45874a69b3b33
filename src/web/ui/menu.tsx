import type { ReactNode } from "react";
import { cx } from "./cx.ts";
import { Icon } from "./icon.tsx";
import type { IconType } from "./icon.tsx";
import { CheckIcon } from "./icons.ts";
import styles from "./popover.module.css";

interface MenuItemProps {
  icon?: IconType;
  /** Given: the item is one of several choices, on or off. */
  checked?: boolean;
  danger?: boolean;
  onPick: () => void;
  children: ReactNode;
}

/** One item of a `Popover` of kind `menu`. */
export function MenuItem({ icon, checked, danger = false, onPick, children }: MenuItemProps) {
  return (
    <button
      type="button"
      role={checked === undefined ? "menuitem" : "menuitemradio"}
      aria-checked={checked}
      tabIndex={-1}
      className={cx(styles.item, danger && styles.bad)}
      onClick={onPick}
    >
      {icon && <Icon of={icon} />}
      {children}
      {checked !== undefined && (
        <span className={styles.mark}>
          <Icon of={CheckIcon} size={14} />
        </span>
      )}
    </button>
  );
}

export function MenuRule() {
  return <hr className={styles.rule} />;
}

export function MenuHead({ children }: { children: ReactNode }) {
  return <div className={styles.head}>{children}</div>;
}
