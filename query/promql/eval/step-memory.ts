// Memory for the values of many series at all steps, cut from large pieces: to make a typed array takes longer than to fill a short one.
import type { LabelSet } from '../labels.ts';
import type { OpenSeries } from './value.ts';

/** Values of one piece, 256 KiB: its series stay in memory together. */
const PIECE_VALUES = 32_768;

export class StepMemory {
  readonly #steps: number;
  /** Series that may still come. */
  #expected: number;
  #values = new Float64Array();
  #present = new Uint8Array();
  #used = 0;

  constructor(steps: number, expected: number) {
    this.#steps = steps;
    this.#expected = expected;
  }

  /** A series without values. */
  series(labels: LabelSet): OpenSeries {
    if (this.#used === this.#values.length) this.#addPiece();
    const from = this.#used;
    this.#used += this.#steps;
    this.#expected--;
    return {
      labels,
      dropName: false,
      values: this.#values.subarray(from, this.#used),
      present: this.#present.subarray(from, this.#used),
    };
  }

  /** The series that was given last has got no value: the next one gets its place. */
  takeBack(): void {
    this.#used -= this.#steps;
  }

  #addPiece(): void {
    const series = Math.max(1, Math.min(this.#expected, Math.floor(PIECE_VALUES / this.#steps)));
    this.#values = new Float64Array(series * this.#steps);
    this.#present = new Uint8Array(series * this.#steps);
    this.#used = 0;
  }
}
