import { osScope } from "#domain/vulnerability/identity/os-scope.ts";
import type { Database } from "#server/database/tables.ts";
import { operatingSystemsUnscoped, scopesAssignInTx } from "./scope-store.ts";
import { matchTurnInTx } from "./turn-store.ts";

const AT_ONCE = 500;

/** Tells of every operating system that hosts brought which kind it is. Returns how many there were. */
export async function assignScopes(db: Database): Promise<number> {
  let assigned = 0;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- one bounded batch after the other
    const rows = await operatingSystemsUnscoped(db, AT_ONCE);
    if (rows.length === 0) return assigned;
    // oxlint-disable-next-line no-await-in-loop
    await db.transaction().execute(async (tx) => {
      await matchTurnInTx(tx);
      await scopesAssignInTx(
        tx,
        rows.map((os) => ({ id: os.id, scope: osScope(os) })),
      );
    });
    assigned += rows.length;
  }
}
