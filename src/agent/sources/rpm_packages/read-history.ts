/** Whose history a file is: their tables differ. */
export type HistoryKind = "dnf4" | "dnf5";

/** Where dnf keeps what it did; a machine that was upgraded from the one to the other has both, the older first. */
export const HISTORIES: readonly { path: string; kind: HistoryKind }[] = [
  { path: "/var/lib/dnf/history.sqlite", kind: "dnf4" },
  { path: "/usr/lib/sysimage/libdnf5/transaction_history.sqlite", kind: "dnf5" },
];

/** More changes than this are not followed; the newest count. */
const CHANGES_MAX = 1_000_000;

/**
 * What came and what went, newest last. Of dnf 4 (libdnf/swdb/sql, actions of TransactionItemAction): 1 install, 4 obsolete, 9 reinstall,
 * 8 remove. Of dnf 5 (libdnf5, tables by name): Install, Reinstall, Remove. Only what is known to have been done.
 */
const CHANGES: Readonly<Record<HistoryKind, (itemColumns: ReadonlySet<string>) => string>> = {
  dnf4: (columns) => `
    SELECT r.name AS name, t.user_id AS uid, i.action <> 8 AS came
    FROM trans_item i JOIN trans t ON t.id = i.trans_id JOIN rpm r ON r.item_id = i.item_id
    WHERE i.action IN (1, 4, 8, 9) AND ${columns.has("state") ? "i.state = 1" : "i.done = 1"}
    ORDER BY t.id DESC, i.id DESC LIMIT ${CHANGES_MAX}`,
  dnf5: () => `
    SELECT n.name AS name, t.user_id AS uid, a.name <> 'Remove' AS came
    FROM trans_item i JOIN trans t ON t.id = i.trans_id JOIN rpm r ON r.item_id = i.item_id JOIN pkg_name n ON n.id = r.name_id
      JOIN trans_item_action a ON a.id = i.action_id JOIN trans_item_state s ON s.id = i.state_id
    WHERE a.name IN ('Install', 'Reinstall', 'Remove') AND s.name = 'Ok'
    ORDER BY t.id DESC, i.id DESC LIMIT ${CHANGES_MAX}`,
};

/**
 * Follows a history of dnf. Whoever asked for a package's installation, by name or as a dependency, installed it; an upgrade by somebody
 * else changes nothing about that. dnf notes the user who logged in, also behind sudo; root's own requests and those of services, which
 * nobody logged in for, leave it unknown.
 *
 * @param userOf the name of a user by number
 * @param installedBy user by package name; what an earlier history said, changed in place
 * @throws Error when the file is no such history
 */
export async function followDnfHistory(
  path: string,
  kind: HistoryKind,
  userOf: (uid: number) => string | undefined,
  installedBy: Map<string, string>,
): Promise<void> {
  // loaded only where there is a history: few devices have one
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const columns = database.prepare("SELECT name FROM pragma_table_info('trans_item')").all();
    const query = CHANGES[kind](new Set(columns.map((row) => String(row["name"]))));
    const decided = new Set<string>();
    for (const { name, uid, came } of database.prepare(query).iterate()) {
      if (typeof name !== "string" || decided.has(name)) continue;
      decided.add(name);
      const user = came === 1 && typeof uid === "number" && uid > 0 ? userOf(uid) : undefined;
      if (user === undefined) installedBy.delete(name);
      else installedBy.set(name, user);
    }
  } finally {
    database.close();
  }
}
