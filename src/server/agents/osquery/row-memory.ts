import type { SoftwareEntry } from "#domain/software/software.ts";
import { keepPrepared } from "../../inventory/prepare-report.ts";
import type { EntryMaker } from "./translate/entries.ts";
import { isRow } from "./translate/results.ts";
import { elementsOf } from "./scan-json.ts";

/** Rows in memory, about a kilobyte each with all that is derived from them; those not used for longest go first, half at a time. */
const ROWS_MAX = 100_000;
/** Longer rows are made anew each time. */
const ROW_BYTES_MAX = 1024;

type Rows = Map<string, Map<string, SoftwareEntry>>;

/**
 * Remembers what became of the rows of osquery's answers, by their very bytes. Nearly every row that a host sends, others have sent
 * before it: those are neither parsed, translated, cleaned nor keyed again. What a row becomes depends on its bytes and its query alone;
 * what depends on the host's other rows is added later, to copies (translate/enrich.ts).
 */
export class RowMemory {
  readonly #rowsMax: number;
  #young: Rows = new Map();
  #old: Rows = new Map();
  #youngSize = 0;

  constructor(rowsMax = ROWS_MAX) {
    this.#rowsMax = rowsMax;
  }

  /**
   * The entries of a query's rows, in their order. Whoever gets them must not change them: they are shared.
   *
   * @param from where the array of rows begins in the body
   * @returns null for anything but an array of objects
   */
  entriesOf(query: string, maker: EntryMaker, body: Buffer, from: number): SoftwareEntry[] | null {
    const places = elementsOf(body, from);
    if (places === null) return null;
    const young = mapOf(this.#young, query);
    const entries: SoftwareEntry[] = [];
    for (let i = 0; i < places.length; i += 2) {
      const [start, end] = [places[i] ?? 0, places[i + 1] ?? 0];
      const text = body.toString("latin1", start, end);
      let entry = young.get(text);
      if (entry === undefined) {
        entry = this.#old.get(query)?.get(text) ?? made(maker, body.toString("utf8", start, end));
        if (entry === undefined) return null;
        if (text.length <= ROW_BYTES_MAX) this.#keep(young, text, entry);
      }
      entries.push(entry);
    }
    this.#age();
    return entries;
  }

  #keep(young: Map<string, SoftwareEntry>, text: string, entry: SoftwareEntry): void {
    young.set(text, entry);
    this.#youngSize++;
  }

  #age(): void {
    if (this.#youngSize < this.#rowsMax / 2) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngSize = 0;
  }
}

function mapOf(rows: Rows, query: string): Map<string, SoftwareEntry> {
  const known = rows.get(query);
  if (known !== undefined) return known;
  const fresh = new Map<string, SoftwareEntry>();
  rows.set(query, fresh);
  return fresh;
}

/** undefined: not a row. @throws {SyntaxError} */
function made(maker: EntryMaker, text: string): SoftwareEntry | undefined {
  const row = JSON.parse(text) as unknown;
  return isRow(row) ? keepPrepared(maker.entry(row)) : undefined;
}
