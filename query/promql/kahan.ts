// Compensated summation (Neumaier), as Prometheus sums: exact enough that the order of series hardly matters.

/** A running sum and its compensation; `add` is the only way to change it. */
export class KahanSum {
  sum: number;
  compensation: number;

  constructor(sum = 0, compensation = 0) {
    this.sum = sum;
    this.compensation = compensation;
  }

  add(increment: number): void {
    const total = this.sum + increment;
    if (Math.abs(total) === Infinity) this.compensation = 0;
    else if (Math.abs(this.sum) >= Math.abs(increment)) this.compensation += this.sum - total + increment;
    else this.compensation += increment - total + this.sum;
    this.sum = total;
  }

  get value(): number {
    return this.sum + this.compensation;
  }
}

/** A mean that switches to incremental calculation where the plain sum would overflow. */
export class KahanMean {
  readonly #sum = new KahanSum();
  #count = 0;
  #incremental = false;

  add(value: number): void {
    const sum = this.#sum;
    this.#count++;
    if (!this.#incremental) {
      const before = sum.sum;
      const compensation = sum.compensation;
      sum.add(value);
      if (this.#count === 1 || Math.abs(sum.sum) !== Infinity) return;
      this.#incremental = true;
      sum.sum = before / (this.#count - 1);
      sum.compensation = compensation / (this.#count - 1);
    }
    const share = (this.#count - 1) / this.#count;
    sum.sum *= share;
    sum.compensation *= share;
    sum.add(value / this.#count);
  }

  get value(): number {
    if (this.#incremental) return this.#sum.value;
    return this.#sum.sum / this.#count + this.#sum.compensation / this.#count;
  }
}
