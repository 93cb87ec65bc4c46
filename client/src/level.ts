// How much a channel holds in each direction, and who wants to know when that is much or little.

import { microtask } from './builtins/dom.js';
import { callable, guarded, TailraceError } from './errors.js';

type Callback = (() => void) | undefined;

/**
 * The bytes in a queue, with a high and a low threshold. Each is told once when it is reached, and
 * the high one again only after the low one, so that a level which swings around one of them calls
 * nobody all the time. Callbacks come in a microtask, and only if they are still true then: `add`
 * and `remove` are called in the middle of other work.
 */
export class Level {
  amount = 0;
  onhigh: Callback;
  onlow: Callback;
  private highAt = 1 / 0;
  private lowAt = 0;
  private raised = false; // over the low threshold since onlow was due last
  private high = false; // the high threshold was reached since then
  private tellHigh = false;
  private tellLow = false;
  private telling = false;
  private over = false;

  add(bytes: number): void {
    if (this.over) return;
    this.amount += bytes;
    this.check();
  }

  remove(bytes: number): void {
    if (this.over) return;
    this.amount -= bytes;
    this.check();
  }

  /** Nothing waits any more, and nothing will: who waits for the low threshold learns it. */
  end(): void {
    this.remove(this.amount);
    this.over = true;
  }

  get highThreshold(): number {
    return this.highAt;
  }

  set highThreshold(bytes: number) {
    this.highAt = threshold(bytes);
    this.check();
  }

  get lowThreshold(): number {
    return this.lowAt;
  }

  set lowThreshold(bytes: number) {
    this.lowAt = threshold(bytes);
    this.check();
  }

  private check(): void {
    if (this.amount > this.lowAt) {
      this.raised = true;
    } else if (this.raised) {
      this.raised = false;
      this.high = false;
      this.tellLow = true;
    }
    if (this.amount >= this.highAt && !this.high) {
      this.high = true;
      this.tellHigh = true;
    }
    if ((!this.tellHigh && !this.tellLow) || this.telling) return;
    if (this.onhigh === undefined && this.onlow === undefined) {
      this.tellHigh = false;
      this.tellLow = false;
      return;
    }
    this.telling = true;
    microtask(this.tell);
  }

  private readonly tell = (): void => {
    this.telling = false;
    const { tellHigh, tellLow } = this;
    this.tellHigh = false;
    this.tellLow = false;
    if (tellHigh && this.amount < this.highAt) this.high = false;
    else if (tellHigh) guarded(this.onhigh, undefined);
    if (tellLow && this.amount <= this.lowAt) guarded(this.onlow, undefined);
  };
}

function threshold(bytes: number): number {
  if (!(bytes >= 0)) {
    throw new TailraceError('invalid_args', `a threshold is a number of bytes, not ${bytes}`);
  }
  return bytes;
}

interface Levels {
  readonly buffered: Level;
  readonly waiting: Level;
}

let levelsOf: (channel: Levelled) => Levels;

/** Says where the levels of a channel are. */
export function keepLevels(of: (channel: Levelled) => Levels): void {
  levelsOf = of;
}

/** What a channel shows of its two levels. */
export abstract class Levelled {
  get bufferedAmount(): number {
    return levelsOf(this).buffered.amount;
  }

  get bufferedAmountHighThreshold(): number {
    return levelsOf(this).buffered.highThreshold;
  }

  set bufferedAmountHighThreshold(bytes: number) {
    levelsOf(this).buffered.highThreshold = bytes;
  }

  get onbufferedamounthigh(): Callback {
    return levelsOf(this).buffered.onhigh;
  }

  set onbufferedamounthigh(callback: Callback) {
    levelsOf(this).buffered.onhigh = callable(callback);
  }

  get bufferedAmountLowThreshold(): number {
    return levelsOf(this).buffered.lowThreshold;
  }

  set bufferedAmountLowThreshold(bytes: number) {
    levelsOf(this).buffered.lowThreshold = bytes;
  }

  get onbufferedamountlow(): Callback {
    return levelsOf(this).buffered.onlow;
  }

  set onbufferedamountlow(callback: Callback) {
    levelsOf(this).buffered.onlow = callable(callback);
  }

  get unreadAmount(): number {
    return levelsOf(this).waiting.amount;
  }

  get unreadAmountHighThreshold(): number {
    return levelsOf(this).waiting.highThreshold;
  }

  set unreadAmountHighThreshold(bytes: number) {
    levelsOf(this).waiting.highThreshold = bytes;
  }

  get onunreadamounthigh(): Callback {
    return levelsOf(this).waiting.onhigh;
  }

  set onunreadamounthigh(callback: Callback) {
    levelsOf(this).waiting.onhigh = callable(callback);
  }

  get unreadAmountLowThreshold(): number {
    return levelsOf(this).waiting.lowThreshold;
  }

  set unreadAmountLowThreshold(bytes: number) {
    levelsOf(this).waiting.lowThreshold = bytes;
  }

  get onunreadamountlow(): Callback {
    return levelsOf(this).waiting.onlow;
  }

  set onunreadamountlow(callback: Callback) {
    levelsOf(this).waiting.onlow = callable(callback);
  }
}
