import type { Snapshot } from "../../database/snapshot.ts";
import type { Findings } from "./check.ts";
import { type Catalogue, type Counts, increase } from "./tally.ts";
import {
  pendingSoftwareChanges,
  pendingTitleChanges,
  storedSoftwareCounts,
  storedTitleCounts,
  type Scope,
  type StoredCount,
} from "./walk-store.ts";

/**
 * Compares what was counted with what is stored. The stored counts must be the rows there are, less the changes that the ledger still
 * carries: links and their ledger rows commit together and both are read in one moment, so this is exact while check-ins go on. Uses up
 * `counts`.
 */
export async function compareCounts(
  snapshot: Snapshot,
  catalogue: Catalogue,
  { software, titles, versions }: Counts,
  scope: Scope,
  findings: { software: Findings; titles: Findings },
): Promise<void> {
  for await (const changes of pendingSoftwareChanges(snapshot, scope)) {
    for (const { id, delta } of changes) increase(software, catalogue.softwarePlace(id), -delta);
  }
  for await (const changes of pendingTitleChanges(snapshot, scope)) {
    for (const { id, delta } of changes) increase(titles, catalogue.titlePlace(id), -delta);
  }
  for (const [place, hosts] of software.entries()) if (hosts > 0) increase(versions, catalogue.titleOf(place), 1);
  const where = scope === null ? "" : `label_id ${scope}: `;
  await compareColumns(storedSoftwareCounts(snapshot, scope), {
    ids: catalogue.softwareIds,
    placeOf: (id) => catalogue.softwarePlace(id),
    counted: { hosts_count: software },
    wrong: (id, words) => findings.software.add(id, () => `${where}software_id ${id}: ${words()}`),
  });
  await compareColumns(storedTitleCounts(snapshot, scope), {
    ids: catalogue.titleIds,
    placeOf: (id) => catalogue.titlePlace(id),
    counted: { hosts_count: titles, versions_count: versions },
    wrong: (id, words) => findings.titles.add(id, () => `${where}title_id ${id}: ${words()}`),
  });
}

type Column = "hosts_count" | "versions_count";

interface Comparison {
  /** By place. */
  ids: readonly number[];
  placeOf: (id: number) => number | undefined;
  /** What each column must hold, by place; set to 0 once it was compared. */
  counted: Partial<Record<Column, Int32Array>>;
  wrong: (id: number, words: () => string) => void;
}

async function compareColumns(
  stored: AsyncGenerator<StoredCount[]>,
  { ids, placeOf, counted, wrong }: Comparison,
): Promise<void> {
  const columns = Object.entries(counted) as [Column, Int32Array][];
  const compare = (id: number, place: number, row: Readonly<Record<Column, number>>) => {
    const real = columns.map(([, counts]) => counts[place] ?? 0);
    for (const [, counts] of columns) counts[place] = 0;
    if (columns.every(([name], i) => row[name] === real[i])) return;
    wrong(id, () => columns.map(([name], i) => `${name} is ${row[name]}, rows say ${real[i]}`).join(", "));
  };
  for await (const rows of stored) for (const row of rows) compare(row.id, placeOf(row.id) ?? ids.length, row);
  // what is left was counted and is not stored
  for (const [place, id] of ids.entries()) compare(id, place, { hosts_count: 0, versions_count: 0 });
}
