// What Go is to be told of what has come: receipts and credits.

import { behind, list, push } from './builtins/base.js';
import type { Carrier } from './carrier.js';
import type { Lane } from './lane.js';
import type { Timers } from './timers.js';

/**
 * Receipts and credits that no request has taken along after so many milliseconds go in
 * a post of their own. Larger credits don't wait (see `consumed`); this is for the rest, such as
 * a sender whose next frame is larger than what is left of its window.
 */
const LAZY = 50;

export class Owed {
  /** A receipt is due. */
  receipt = false;
  /** It does not wait for a batch that goes anyway. */
  urgent = false;
  private opened = false;
  private window = 0;
  private most = 0;
  /** Lanes whose credit is due. */
  private dirty: Lane[] = list();
  private lazyTimer: unknown;
  private composed = 0;

  constructor(
    private readonly carrier: Carrier,
    private readonly clock: Timers,
    private readonly lanes: { get(id: number): Lane | undefined },
  ) {}

  /** The session is open. `most` is how many credits a batch has room for. */
  open(window: number, most: number): void {
    this.opened = true;
    this.window = window;
    this.most = most;
  }

  get due(): boolean {
    return this.receipt || this.dirty.length > 0;
  }

  /** A lane's credit is due. */
  consumed(lane: Lane): void {
    if (lane.muted || this.lanes.get(lane.id) !== lane) return;
    if (!lane.dirty) {
      lane.dirty = true;
      push(this.dirty, lane);
    }
    if (lane.consumed - lane.announced >= this.window / 4 && !this.urgent) {
      this.urgent = true;
      this.carrier.wake();
    }
    this.armLazy();
  }

  /** Lanes and totals of the credits that a batch carries. */
  takeCredits(carried?: Lane[]): number[] {
    const entries = list<number>();
    const most = 2 * this.most;
    let n = 0;
    for (; n < this.dirty.length && entries.length < most; n++) {
      const lane = this.dirty[n];
      lane.dirty = false;
      if (lane.muted || this.lanes.get(lane.id) !== lane) continue;
      lane.announced = lane.consumed;
      push(entries, lane.id);
      push(entries, lane.consumed);
      if (carried !== undefined) push(carried, lane);
    }
    this.dirty = behind(this.dirty, n);
    return entries;
  }

  /** A batch tells it. */
  told(): void {
    this.urgent = false;
    this.receipt = false;
    this.composed++;
  }

  /** Sends receipts and credits that no request has taken along for a while. */
  armLazy(): void {
    if (this.lazyTimer !== undefined || !this.opened) return;
    const before = this.composed;
    this.lazyTimer = this.clock.setTimeout(() => {
      this.lazyTimer = undefined;
      if (this.dirty.length === 0 && !this.receipt) return;
      if (this.composed !== before) {
        this.armLazy();
        return;
      }
      this.urgent = true;
      this.carrier.wake();
    }, LAZY);
  }

  /** The session has ended. */
  end(): void {
    this.opened = false;
    this.clock.clearTimeout(this.lazyTimer);
    this.dirty = list();
  }
}
