import { Type } from "typebox";
import { oneOf } from "./paging.ts";

export const LABEL_TYPES = ["regular", "builtin"] as const;
export const LABEL_MEMBERSHIP_TYPES = ["manual", "dynamic", "host_vitals"] as const;

const text = Type.String();

/** A label as it comes along with a host. */
export const HostLabel = Type.Object({
  id: Type.Integer(),
  name: text,
  description: text,
  label_type: oneOf(LABEL_TYPES),
  label_membership_type: oneOf(LABEL_MEMBERSHIP_TYPES),
  display_text: text,
});
export type HostLabel = Type.Static<typeof HostLabel>;
