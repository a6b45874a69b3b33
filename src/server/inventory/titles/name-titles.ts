import { commonName } from "#domain/software/common-name.ts";
import { titleName } from "#domain/software/title-name.ts";
import type { Database } from "../../database/tables.ts";
import { titleNamesInTx, titlesByName, titlesRenameInTx, type TitleNames } from "./title-name-store.ts";

/**
 * Keeps the names of titles with an identifier of their own (bundle identifier, upgrade code, application id) what their software has in
 * common, whatever came first. Called after software was inserted: a title is read again only when a name arrived that is not its own,
 * and written only when its name changes, so a check-in of known software touches nothing here.
 */
export async function nameTitles(db: Database, arrived: { title_id: number; name: string; source: string }[]): Promise<void> {
  const names = new Map<number, Set<string>>();
  for (const { title_id, name, source } of arrived) {
    const known = names.get(title_id) ?? new Set();
    names.set(title_id, known.add(titleName({ source, name, version: "" })));
  }
  const named = await titlesByName(db, [...names.keys()]);
  const suspects = named.filter((title) => [...(names.get(title.id) ?? [])].some((name) => name !== title.name));
  if (suspects.length > 0)
    await renameTitles(
      db,
      suspects.map((title) => title.id),
    );
}

/** Gives these titles the name that follows from their software now; those that an administrator named keep theirs. */
export async function renameTitles(db: Database, titleIds: number[]): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const changed = (await titleNamesInTx(tx, titleIds))
      .map((title) => ({ id: title.id, name: derivedName(title), before: title.name }))
      .filter(({ name, before }) => name !== before);
    if (changed.length > 0) await titlesRenameInTx(tx, changed);
  });
}

/** The name of a title by the rules. Its first, last and shortest software names decide (common-name.ts). */
export function derivedName({ source, names }: Pick<TitleNames, "source" | "names">): string {
  return titleName({ source, name: commonName(names), version: "" });
}
