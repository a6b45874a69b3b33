import type { ComponentType } from "react";

export type IconType = ComponentType<{ size?: number; stroke?: number; "aria-hidden"?: boolean }>;

/** A decorative icon: the words beside it (or the control's label) say what it means. */
export function Icon({ of: Glyph, size = 16 }: { of: IconType; size?: number }) {
  return <Glyph size={size} stroke={size <= 14 ? 1.9 : 1.6} aria-hidden />;
}
