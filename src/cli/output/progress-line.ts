import type { CliIo } from "../io.ts";
import { visible } from "./visible.ts";

const EVERY_MS = 250;
const ERASE_LINE = "\r\u{1b}[K";

/** How far something is: one line on a terminal's stderr that is written anew; elsewhere a line for each new stage. */
export class ProgressLine {
  readonly #io: CliIo;
  #shown = "";
  #stage = "";
  #at = Number.NEGATIVE_INFINITY;

  constructor(io: CliIo) {
    this.#io = io;
  }

  /** @param stage what is being done; `detail`: how far it is */
  show(stage: string, detail = ""): void {
    const now = performance.now();
    const isNew = stage !== this.#stage;
    if (!isNew && (!this.#io.isTty || now - this.#at < EVERY_MS)) return;
    this.#stage = stage;
    this.#at = now;
    const text = visible(detail === "" ? stage : `${stage}: ${detail}`);
    if (text === this.#shown) return;
    this.#shown = text;
    const width = (this.#io.stderr.columns ?? 80) - 1;
    this.#io.stderr.write(this.#io.isTty ? ERASE_LINE + text.slice(0, width) : `${text}\n`);
  }

  /** Clears the line: what follows stands alone. */
  end(): void {
    if (this.#io.isTty && this.#shown !== "") this.#io.stderr.write(ERASE_LINE);
  }
}
