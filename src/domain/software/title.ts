import type { SoftwareIdentity } from "./software.ts";
import { titleName } from "./title-name.ts";

/** The software title (the group of all versions of one product) that an identity belongs to. */
export interface TitleIdentity {
  name: string;
  source: string;
  extension_for: string;
  bundle_identifier: string;
  application_id: string;
  upgrade_code: string;
}

/**
 * The title of an identity: by bundle identifier, else upgrade code, else application id, else name, together with source and
 * extension_for (design §5). Only the deciding identifier is kept, so that the title's own fields say what it was grouped by. The
 * name is without version and architecture where those are part of it (title-name.ts).
 */
export function titleOf(s: SoftwareIdentity): TitleIdentity {
  const by = s.bundle_identifier
    ? "bundle_identifier"
    : s.upgrade_code
      ? "upgrade_code"
      : s.application_id
        ? "application_id"
        : "name";
  return {
    name: titleName(s),
    source: s.source,
    extension_for: s.extension_for,
    bundle_identifier: by === "bundle_identifier" ? s.bundle_identifier : "",
    upgrade_code: by === "upgrade_code" ? s.upgrade_code : "",
    application_id: by === "application_id" ? s.application_id : "",
  };
}

/** The canonical key of a title: equal keys mean one title. The name counts only where no stronger identifier exists. */
export function titleKey(t: TitleIdentity): string {
  if (t.bundle_identifier) return JSON.stringify(["bundle_identifier", t.bundle_identifier, t.source, t.extension_for]);
  if (t.upgrade_code) return JSON.stringify(["upgrade_code", t.upgrade_code, t.source, t.extension_for]);
  if (t.application_id) return JSON.stringify(["application_id", t.application_id, t.source, t.extension_for]);
  return JSON.stringify(["name", t.name, t.source, t.extension_for]);
}
