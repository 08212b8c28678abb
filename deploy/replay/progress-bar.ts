// A one-line progress bar for a terminal.

/** Redraws at most this often. */
const REDRAW_EVERY_MS = 100;
const BAR_CELLS = 28;

/** Draws `done` of `total` on one line of `stream`; silent when it is no terminal. */
export class ProgressBar {
  readonly #stream: NodeJS.WriteStream;
  readonly #startedMs = performance.now();
  #drawnMs = -REDRAW_EVERY_MS;
  #drawn = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /** Shows the state; `unit` names what is counted. */
  show(done: number, total: number, unit: string): void {
    const nowMs = performance.now();
    if (!this.#stream.isTTY || nowMs - this.#drawnMs < REDRAW_EVERY_MS) return;
    this.#drawnMs = nowMs;
    this.#drawn = true;
    const share = total > 0 ? Math.min(1, done / total) : 0;
    const filled = Math.round(share * BAR_CELLS);
    const perSecond = Math.round((done / Math.max(1, nowMs - this.#startedMs)) * 1000);
    const bar =
      total > 0
        ? `${'█'.repeat(filled)}${'░'.repeat(BAR_CELLS - filled)} ${(share * 100).toFixed(0).padStart(3)} %  `
        : '';
    this.#stream.write(`\r${bar}${done.toLocaleString('en')} ${unit}  ${perSecond.toLocaleString('en')}/s\u001b[K`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#drawn) this.#stream.write('\r\u001b[K');
  }
}
