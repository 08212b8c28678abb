// Numbers the distinct slots (services, hosts) of one trace 0, 1, 2, … in order of first sight; emptying costs nothing.

export class SlotSet {
  /** slots[0, size). */
  size = 0;
  slots = new Int32Array(16);
  #stamps = new Int32Array(256);
  #numbers = new Int32Array(256);
  #stamp = 0;

  clear(): void {
    this.size = 0;
    this.#stamp++;
    if (this.#stamp === 0x7fffffff) {
      this.#stamps.fill(0);
      this.#stamp = 1;
    }
  }

  /** HOT: number of a slot within the trace. */
  number(slot: number): number {
    if (slot >= this.#stamps.length) this.#widen(slot);
    if (this.#stamps[slot] === this.#stamp) return this.#numbers[slot]!;
    this.#stamps[slot] = this.#stamp;
    const number = this.size++;
    this.#numbers[slot] = number;
    if (number === this.slots.length) {
      const wider = new Int32Array(number * 2);
      wider.set(this.slots);
      this.slots = wider;
    }
    this.slots[number] = slot;
    return number;
  }

  #widen(slot: number): void {
    const stamps = new Int32Array(slot * 2);
    stamps.set(this.#stamps);
    const numbers = new Int32Array(slot * 2);
    numbers.set(this.#numbers);
    this.#stamps = stamps;
    this.#numbers = numbers;
  }
}
