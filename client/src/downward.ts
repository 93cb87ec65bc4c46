// Go's batches: they are walked in their order, and each frame is handed out once.

import { Arrivals } from './arrivals.js';
import { broken } from './errors.js';
import type { Lane } from './lane.js';
import type { Lanes } from './lanes.js';
import type { Owed } from './owed.js';
import { type Batch, type FrameTarget, GONE, type RunTarget, walk } from './wireread.js';

export class Downward implements RunTarget {
  readonly arrivals = new Arrivals();
  private walking: Batch | undefined;
  /** The lane of the run that is walked. */
  private running: Lane | undefined;
  /** The number of the last batch whose way ended while it was walked. */
  private interrupted = 0;

  constructor(
    private readonly lanes: Lanes,
    private readonly owed: Owed,
    private readonly fail: (error: unknown) => void,
  ) {}

  dispatch(): void {
    for (;;) {
      const batch = this.arrivals.next();
      if (batch === undefined) break;
      this.walking = batch;
      try {
        walk(batch, false, this);
        this.runDone();
      } catch (error) {
        if (error !== GONE) {
          this.fail(error);
          return;
        }
        this.interrupt(batch);
        break;
      }
      this.arrivals.walked(batch);
    }
    if (this.owed.receipt) this.owed.armLazy();
  }

  /**
   * The rest of the frame under way has not come. Its batch will, once more: what was handed out is
   * passed over then.
   */
  private interrupt(batch: Batch): void {
    if (this.running !== undefined) this.running.nextIn--;
    this.running = undefined;
    this.arrivals.interrupted();
    this.interrupted = batch.number;
  }

  run(id: number, count: number, first: number): FrameTarget | undefined {
    this.runDone();
    const lane = this.lanes.byNumber.get(id);
    const { walking } = this;
    if (walking?.number === this.interrupted && this.lanes.handedOut(id, lane, first + count)) {
      return undefined;
    }
    if (lane === undefined) throw broken(`frames of the unknown lane ${id}`);
    if (first !== lane.nextIn) {
      throw broken(`frame ${first} of lane ${id} instead of ${lane.nextIn}`);
    }
    if (walking?.reused && lane.sink.borrow !== true) {
      throw broken(`frames of lane ${id} in a batch of borrowed ones`);
    }
    lane.nextIn += count;
    this.running = lane;
    return lane;
  }

  /** Accounts, once a run, for what its frames have added to the lane's credit. */
  private runDone(): void {
    const lane = this.running;
    this.running = undefined;
    if (lane !== undefined && lane.consumed > lane.announced) this.owed.consumed(lane);
  }

  /** The session has ended. */
  end(): void {
    this.arrivals.clear();
  }
}
