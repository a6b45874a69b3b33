import { settingRead, settingWrite } from "../../../database/setting-store.ts";
import type { Database } from "../../../database/tables.ts";

const MISSING = "feed_parts_missing";

/** A part as the names of its feed and of itself. */
type Name = { feed: string; part: string };

function nameOf({ feed, part }: Name): string {
  return `${feed} ${part}`;
}

/** Notes the needed parts that the configured directory holds no file of; writes nothing while they are the same. */
export async function missingPartsPut(db: Database, parts: readonly Name[]): Promise<void> {
  const names = parts.map(nameOf).toSorted();
  const known = (await settingRead(db, MISSING)) as string[] | undefined;
  if (known === undefined || JSON.stringify(known) !== JSON.stringify(names)) await settingWrite(db, MISSING, names);
}

/** Whether the directory held no file of a part when it was last looked through. */
export async function missingParts(db: Database): Promise<(part: Name) => boolean> {
  const names = new Set((await settingRead(db, MISSING)) as string[] | undefined);
  return (part) => names.has(nameOf(part));
}
