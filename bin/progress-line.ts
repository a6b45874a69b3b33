/** Redrawn at most this often. */
const REDRAW_MS = 1000;

/** A line on a terminal that says what is under way, for how long, and how far it is; nothing on what is no terminal. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  #words = "";
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /** Begins with something new, whose time counts from now. */
  begin(words: string): void {
    if (!this.#stream.isTTY) return;
    this.#words = words;
    this.#startedAt = performance.now();
    this.#timer ??= setInterval(() => this.#draw(), REDRAW_MS).unref();
    this.#draw();
  }

  /** What is under way has come on; shown when the line is drawn next. */
  advance(words: string): void {
    this.#words = words;
  }

  /** Takes the line away, so that something else can be printed. */
  clear(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#stream.write("\r\u{1b}[K");
  }

  #draw(): void {
    const seconds = Math.round((performance.now() - this.#startedAt) / 1000);
    const line = seconds === 0 ? this.#words : `${this.#words}, ${seconds} s`;
    this.#stream.write(`\r\u{1b}[K${line.slice(0, Math.max(20, this.#stream.columns - 1))}`);
  }
}
