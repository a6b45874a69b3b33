import { setTimeout } from "node:timers/promises";
import { deriveIdentity, DERIVATIONS, derivationVersion, type Derivation } from "#domain/software/derivation/derivations.ts";
import { identityKey } from "#domain/software/identity.ts";
import { identityOf, type SoftwareIdentity } from "#domain/software/software.ts";
import { titleKey, titleOf } from "#domain/software/title.ts";
import type { Database } from "../../database/tables.ts";
import { catalogueByChecksums, titlesByChecksums } from "../catalogue-store.ts";
import { checksumOf } from "../checksum.ts";
import { titleVendorsKeepInTx } from "../title-vendor-store.ts";
import { holdCatalogueInTx, moveSoftwareInTx } from "./hold-catalogue.ts";
import { moveSuperseded } from "./move-superseded.ts";
import { renameTitles } from "./name-titles.ts";
import { placeSoftware } from "./place-software.ts";
import {
  outdatedSoftware,
  softwareDerivedSetInTx,
  softwareRekeyInTx,
  softwareSupersedeInTx,
  titlesEmptyUncorrected,
  titlesLeadOnInTx,
  titlesSucceedInTx,
  type OutdatedSoftware,
} from "./rederive-store.ts";

/** Rows per transaction: check-ins wait for as long as one takes. */
const BATCH_ROWS = 200;
/** Pause after a batch, as a multiple of its duration, and at least in milliseconds. */
const REST_SHARE = 4;
const REST_MS_MIN = 200;

export interface Rederived {
  /** Software rows brought up to the present rules. */
  software: number;
  /** Links of hosts moved from superseded software to its successor. */
  links_moved: number;
}

/**
 * Brings software that was named or titled by older rules up to the present ones, while check-ins of old and new naming arrive
 * (decision 0006). A row whose new identity is free is renamed in place and keeps its id; one whose new identity another row has
 * already is superseded by it, and its links are moved host by host. Goes on where a run before stopped; stops between batches when
 * `signal` fires.
 */
export async function rederiveCatalogue(
  deps: { db: Database; derivations?: readonly Derivation[] },
  signal: AbortSignal,
): Promise<Rederived> {
  const derivations = deps.derivations ?? DERIVATIONS;
  const done: Rederived = { software: 0, links_moved: 0 };
  while (!signal.aborted) {
    const began = performance.now();
    // oxlint-disable-next-line no-await-in-loop -- one bounded transaction after the other
    const rows = await rederiveBatch(deps.db, derivations);
    done.software += rows;
    if (rows === 0) break;
    // oxlint-disable-next-line no-await-in-loop
    await rest(performance.now() - began, signal);
  }
  done.links_moved = await moveSuperseded(deps.db, signal);
  return done;
}

/** Every batch moves the epoch and makes check-ins start over: most of the time is theirs. */
async function rest(batchMs: number, signal: AbortSignal): Promise<void> {
  const ms = Math.max(REST_MS_MIN, batchMs * REST_SHARE);
  await setTimeout(ms, undefined, { signal }).catch(() => undefined);
}

/** Returns how many rows were brought up to date; 0 when none is outdated. */
export async function rederiveBatch(db: Database, derivations: readonly Derivation[] = DERIVATIONS): Promise<number> {
  const version = derivationVersion(derivations);
  if ((await outdatedSoftware(db, version, 1)).length === 0) return 0;
  const batch = await db.transaction().execute(async (tx) => {
    await holdCatalogueInTx(tx);
    const rows = await outdatedSoftware(tx, version, BATCH_ROWS);
    if (rows.length === 0) return { rows: 0, titles: [] };
    const derived = rows.map((row) => ({ row, identity: deriveIdentity(identityOf(row), row.derivation_version, derivations) }));
    await rekeyInTx(tx, derived);
    const titles = await retitleInTx(tx, derived);
    // a rule may have changed the vendor of what stayed in its title
    await titleVendorsKeepInTx(tx, [...new Set(rows.map((row) => row.title_id))]);
    await softwareDerivedSetInTx(
      tx,
      rows.map((row) => row.id),
      version,
    );
    return { rows: rows.length, titles };
  });
  await renameTitles(db, batch.titles);
  return batch.rows;
}

interface Derived {
  row: OutdatedSoftware;
  identity: SoftwareIdentity;
}

async function rekeyInTx(tx: Database, derived: Derived[]): Promise<void> {
  const renamed = derived
    .map(({ row, identity }) => ({ id: row.id, former: row.checksum, identity, checksum: checksumOf(identityKey(identity)) }))
    .filter((r) => !r.checksum.equals(r.former));
  if (renamed.length === 0) return;
  const taken = await takenKeys(tx, renamed);
  const free: typeof renamed = [];
  const superseded: Parameters<typeof softwareSupersedeInTx>[1] = [];
  for (const row of renamed) {
    const by = taken.get(row.checksum.toString("hex"));
    if (by === undefined) {
      taken.set(row.checksum.toString("hex"), row.id);
      free.push(row);
    } else superseded.push({ id: row.id, by, former: row.former, retired: checksumOf(JSON.stringify(["superseded", row.id])) });
  }
  if (free.length > 0) await softwareRekeyInTx(tx, free);
  if (superseded.length > 0) await softwareSupersedeInTx(tx, superseded);
}

/** Who has these identities now. A former key of other software (an alias) does not take one. */
async function takenKeys(tx: Database, renamed: { id: number; checksum: Buffer }[]): Promise<Map<string, number>> {
  const known = await catalogueByChecksums(
    tx,
    renamed.map(({ checksum }) => ({ checksum, facts_checksum: null })),
    { aliases: false },
  );
  return new Map([...known].map(([hex, row]) => [hex, row.id]));
}

/**
 * Moves software to the titles that the present rules give it. An administrator's corrections of a title hold for the one that its software
 * derives now; titles left empty lead to their successor. Returns the titles that changed.
 */
async function retitleInTx(tx: Database, derived: Derived[]): Promise<number[]> {
  const [keysBefore, keysNow] = [
    derived.map(({ row }) => titleChecksum(row)),
    derived.map(({ identity }) => titleChecksum(identity)),
  ];
  const titleOfEntry = await placeSoftware(
    tx,
    derived.map((d) => d.identity),
  );
  const known = await titlesByChecksums(tx, [...keysBefore, ...keysNow]);
  const idOf = (key: Buffer | undefined) => known.get(key?.toString("hex") ?? "");
  const pairs = derived.map((_, i) => ({ from: idOf(keysBefore[i]), to: idOf(keysNow[i]) }));
  const carried = unique(
    pairs.flatMap(({ from, to }) => (from === undefined || to === undefined || from === to ? [] : [{ from, to }])),
  );
  if (carried.length > 0) await titlesSucceedInTx(tx, carried);
  // corrections that were carried over decide now
  const placed =
    carried.length === 0
      ? titleOfEntry
      : await placeSoftware(
          tx,
          derived.map((d) => d.identity),
        );
  const moves = derived.map(({ row, identity }) => ({ software_id: row.id, from: row.title_id, to: placed(identity) }));
  await moveSoftwareInTx(tx, moves);
  const moved = moves.filter((m) => m.from !== m.to);
  const empty = await titlesEmptyUncorrected(tx, [...new Set(moved.map((m) => m.from))]);
  const left = unique(moved).filter(({ from }) => empty.has(from));
  if (left.length > 0) await titlesLeadOnInTx(tx, left);
  return [...new Set(moved.flatMap((m) => [m.from, m.to]))];
}

function titleChecksum(identity: SoftwareIdentity): Buffer {
  return checksumOf(titleKey(titleOf(identity)));
}

/** Titles with one successor; of one whose software goes to several, none can be said to take its place. */
function unique(pairs: { from: number; to: number }[]): { from: number; to: number }[] {
  const byFrom = Map.groupBy(pairs, (pair) => pair.from);
  return [...byFrom].flatMap(([from, to]) => {
    const targets = [...new Set(to.map((pair) => pair.to))];
    return targets.length === 1 && targets[0] !== undefined ? [{ from, to: targets[0] }] : [];
  });
}
