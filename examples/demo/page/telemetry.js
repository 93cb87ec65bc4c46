// Counts and keeps what comes on one telemetry channel.

/** Samples that share one column of the plot, and columns that are kept. */
export const COLUMN = 10;
export const COLUMNS = 500;
const KEPT = 1024; // a power of two over COLUMNS

/** The lag of all signals since it was last read. */
export class Lag {
  sum = 0;
  count = 0;
  max = 0;

  add(ms) {
    this.sum += ms;
    this.count++;
    if (ms > this.max) this.max = ms;
  }

  /** Mean and maximum since the last call. */
  take() {
    const taken = {
      mean: this.count === 0 ? 0 : this.sum / this.count,
      max: this.max,
      count: this.count,
    };
    this.sum = 0;
    this.count = 0;
    this.max = 0;
    return taken;
  }
}

export class Signal {
  received = 0;
  /** Numbers that were left out. */
  lost = 0;
  /** Numbers below the one that was due. */
  reordered = 0;
  /** The number that is due. */
  next = 0;
  value = Number.NaN;
  /** Date.now() of the first and the last arrival. */
  first = 0;
  last = 0;
  // By column: the extremes of its samples. A column that none came for has its old number.
  low = new Float32Array(KEPT);
  high = new Float32Array(KEPT);
  column = new Int32Array(KEPT).fill(-1);

  constructor(about, lag) {
    this.about = about;
    this.lag = lag;
  }

  /** One message: n its number, t the microseconds since 1970 when Go sent it, v the value. */
  take({ n, t, v }) {
    const now = Date.now();
    if (this.received++ === 0) this.first = now;
    this.last = now;
    if (n === this.next) {
      this.next++;
    } else if (n > this.next) {
      this.lost += n - this.next;
      this.next = n + 1;
    } else {
      this.reordered++;
    }
    // Date.now() is whole milliseconds, cut off: on average half a millisecond is missing.
    this.lag.add(Math.max(0, now + 0.5 - t / 1000));
    this.value = v;
    const column = Math.floor(n / COLUMN);
    const at = column & (KEPT - 1);
    if (this.column[at] !== column) {
      this.column[at] = column;
      this.low[at] = v;
      this.high[at] = v;
    } else if (v < this.low[at]) {
      this.low[at] = v;
    } else if (v > this.high[at]) {
      this.high[at] = v;
    }
  }

  /** Index of a column in low and high; -1 if nothing has come for it. */
  indexOf(column) {
    const at = column & (KEPT - 1);
    return column >= 0 && this.column[at] === column ? at : -1;
  }
}
