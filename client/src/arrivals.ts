// Downward batches in the order of their numbers.

import { list, push, shift } from './builtins/base.js';
import { SafeMap } from './builtins/collections.js';
import { broken } from './errors.js';
import { AHEAD } from './wire.js';
import { type Batch, keepBatch } from './wireread.js';

export class Arrivals {
  /** Every batch up to this number has come whole. */
  receipt = 0;
  private readonly early = new SafeMap<number, Batch>();
  /** Those up to `receipt` that `next` has not given. */
  private whole: Batch[] = list();
  /** The batch behind `receipt`: it has not come whole until it is walked. */
  private live: Batch | undefined;

  /** Whether a batch of that number is there or was. Throws if it is too far ahead. */
  had(number: number): boolean {
    const next = this.receipt + 1;
    if (number >= next + AHEAD) throw broken('more than 32 batches ahead');
    return number < next || number === this.live?.number || this.early.has(number);
  }

  add(batch: Batch): void {
    if (batch.number !== this.receipt + 1) {
      this.early.set(batch.number, keepBatch(batch));
    } else if (batch.apart?.live) {
      this.live = batch;
    } else {
      this.receipt = batch.number;
      push(this.whole, batch);
      this.takeEarly();
    }
  }

  /** The next batch to walk. Then `walked` or `interrupted` is due. */
  next(): Batch | undefined {
    return shift(this.whole) ?? this.live;
  }

  walked(batch: Batch): void {
    if (batch !== this.live) return;
    this.live = undefined;
    this.receipt = batch.number;
    this.takeEarly();
  }

  /** What the batch does not hold itself did not come: the whole batch will, once more. */
  interrupted(): void {
    this.live = undefined;
  }

  /** Bit i: the batch `receipt + 2 + i` has come. */
  get selective(): number {
    let bits = 0;
    this.early.forEach((_batch, number) => {
      bits |= 1 << (number - this.receipt - 2);
    });
    return bits >>> 0;
  }

  clear(): void {
    this.whole = list();
    this.live = undefined;
    this.early.clear();
  }

  private takeEarly(): void {
    while (this.early.size > 0) {
      const next = this.early.get(this.receipt + 1);
      if (next === undefined) return;
      this.early.delete(next.number);
      this.receipt = next.number;
      push(this.whole, next);
    }
  }
}
