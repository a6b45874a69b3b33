import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dnfInstalledBy } from "./installed-by.ts";
import { HISTORIES, type HistoryKind } from "./read-history.ts";

/** The tables of both, as far as they are read: libdnf/swdb/sql and libdnf5's transaction database. */
const TABLES: Record<HistoryKind, string> = {
  dnf4: `
    CREATE TABLE trans (id INTEGER PRIMARY KEY AUTOINCREMENT, dt_begin INTEGER NOT NULL, dt_end INTEGER, rpmdb_version_begin TEXT,
      rpmdb_version_end TEXT, releasever TEXT NOT NULL, user_id INTEGER NOT NULL, cmdline TEXT, state INTEGER NOT NULL);
    CREATE TABLE item (id INTEGER PRIMARY KEY, item_type INTEGER NOT NULL);
    CREATE TABLE trans_item (id INTEGER PRIMARY KEY AUTOINCREMENT, trans_id INTEGER REFERENCES trans(id), item_id INTEGER REFERENCES item(id),
      repo_id INTEGER, action INTEGER NOT NULL, reason INTEGER NOT NULL, state INTEGER NOT NULL);
    CREATE TABLE rpm (item_id INTEGER UNIQUE NOT NULL, name TEXT NOT NULL, epoch INTEGER NOT NULL, version TEXT NOT NULL,
      release TEXT NOT NULL, arch TEXT NOT NULL);`,
  dnf5: `
    CREATE TABLE trans_item_action (id INTEGER PRIMARY KEY, name TEXT);
    INSERT INTO trans_item_action VALUES (1, 'Install'), (2, 'Upgrade'), (3, 'Downgrade'), (4, 'Reinstall'), (5, 'Remove'), (6, 'Replaced');
    CREATE TABLE trans_item_state (id INTEGER PRIMARY KEY, name TEXT);
    INSERT INTO trans_item_state VALUES (1, 'Started'), (2, 'Ok'), (3, 'Error');
    CREATE TABLE trans (id INTEGER PRIMARY KEY AUTOINCREMENT, dt_begin INTEGER NOT NULL, releasever TEXT NOT NULL, user_id INTEGER NOT NULL,
      description TEXT, comment TEXT, state_id INTEGER);
    CREATE TABLE item (id INTEGER PRIMARY KEY);
    CREATE TABLE pkg_name (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE trans_item (id INTEGER PRIMARY KEY AUTOINCREMENT, trans_id INTEGER, item_id INTEGER, repo_id INTEGER,
      action_id INTEGER NOT NULL, reason_id INTEGER NOT NULL, state_id INTEGER NOT NULL);
    CREATE TABLE rpm (item_id INTEGER NOT NULL UNIQUE, name_id INTEGER NOT NULL, epoch INTEGER NOT NULL, version TEXT NOT NULL,
      release TEXT NOT NULL, arch_id INTEGER NOT NULL);`,
};
const ACTIONS = {
  dnf4: { install: 1, upgrade: 6, remove: 8, reinstall: 9 },
  dnf5: { install: 1, upgrade: 2, remove: 5, reinstall: 4 },
} as const;
const DONE = { dnf4: 1, dnf5: 2 } as const;
const FAILED = { dnf4: 2, dnf5: 3 } as const;
const UNSET = 4_294_967_295;

interface Change {
  uid: number;
  action: keyof typeof ACTIONS.dnf4;
  name: string;
  failed?: true;
}

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "muster-dnf-"));
  put(
    "/etc/passwd",
    "root:x:0:0:root:/root:/bin/bash\nada:x:1000:1000::/home/ada:/bin/bash\ngrace:x:1001:1001::/home/grace:/bin/bash\n",
  );
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** A history with these changes, one transaction each, in order. */
function history(kind: HistoryKind, changes: readonly Change[]): void {
  const path = put(HISTORIES.find((known) => known.kind === kind)?.path ?? "", "");
  const database = new DatabaseSync(path);
  database.exec(TABLES[kind]);
  for (const [i, { uid, action, name, failed }] of changes.entries()) {
    const id = i + 1;
    const state = failed ? FAILED[kind] : DONE[kind];
    if (kind === "dnf4") {
      database.prepare("INSERT INTO trans (dt_begin, releasever, user_id, state) VALUES (?, '9', ?, ?)").run(id, uid, state);
      database.prepare("INSERT INTO item VALUES (?, 1)").run(id);
      database.prepare("INSERT INTO rpm VALUES (?, ?, 0, '1', ?, 'x86_64')").run(id, name, String(id));
    } else {
      database.prepare("INSERT INTO trans (dt_begin, releasever, user_id, state_id) VALUES (?, '42', ?, ?)").run(id, uid, state);
      database.prepare("INSERT INTO item VALUES (?)").run(id);
      database.prepare("INSERT OR IGNORE INTO pkg_name (name) VALUES (?)").run(name);
      database.prepare("INSERT INTO rpm SELECT ?, id, 0, '1', ?, 1 FROM pkg_name WHERE name = ?").run(id, String(id), name);
    }
    const columns = kind === "dnf4" ? "action, reason, state" : "action_id, reason_id, state_id";
    const insert = `INSERT INTO trans_item (trans_id, item_id, ${columns}) VALUES (?, ?, ?, 2, ?)`;
    database.prepare(insert).run(id, id, ACTIONS[kind][action], state);
  }
  database.close();
}

const installedBy = async () =>
  Object.fromEntries(await dnfInstalledBy({ root, platform: "rhel", signal: new AbortController().signal }));

test.each(["dnf4", "dnf5"] as const)(
  "%s: who asked for the last installation, which upgrades and failures do not change",
  async (kind) => {
    history(kind, [
      { uid: 1000, action: "install", name: "htop" },
      { uid: 1001, action: "upgrade", name: "htop" },
      { uid: 1001, action: "install", name: "htop", failed: true },
      { uid: 1000, action: "install", name: "vim" },
      { uid: 1001, action: "reinstall", name: "vim" },
      { uid: 1000, action: "install", name: "gone" },
      { uid: 1000, action: "remove", name: "gone" },
      { uid: 0, action: "install", name: "by-root" },
      { uid: UNSET, action: "install", name: "by-a-service" },
      { uid: 4242, action: "install", name: "by-a-user-who-left" },
    ]);
    expect(await installedBy()).toEqual({ htop: "ada", vim: "grace" });
  },
);

test("on a machine that went from dnf 4 to dnf 5 the later history decides", async () => {
  history("dnf4", [
    { uid: 1000, action: "install", name: "htop" },
    { uid: 1000, action: "install", name: "vim" },
    { uid: 1000, action: "install", name: "git" },
  ]);
  history("dnf5", [
    { uid: 1001, action: "reinstall", name: "vim" },
    { uid: 0, action: "reinstall", name: "git" },
  ]);
  expect(await installedBy()).toEqual({ htop: "ada", vim: "grace" });
});

test("no history, and one that is none, say nothing", async () => {
  expect(await installedBy()).toEqual({});
  put(HISTORIES[0]?.path ?? "", "not a database");
  expect(await installedBy()).toEqual({});
});
