// One numbered upward batch.

import { list, push } from './builtins/base.js';
import type { Lane } from './lane.js';

/** The payload bytes of one lane in a batch. */
interface Share {
  readonly lane: Lane;
  readonly bytes: number;
}

/** Its runs stay the same when it is sent again. */
export class OutBatch {
  private left = false;
  private readonly shares: Share[] = list();

  /** Takes what the lanes have batched. */
  constructor(
    readonly number: number,
    readonly runs: Uint8Array<ArrayBuffer> | undefined,
    lanes: readonly Lane[],
  ) {
    for (let i = 0; i < lanes.length; i++) {
      push(this.shares, { lane: lanes[i], bytes: lanes[i].takeBatched() });
    }
  }

  /** It has left the page: its channels hold so much less. */
  leave(): void {
    if (this.left) return;
    this.left = true;
    const { shares } = this;
    for (let i = 0; i < shares.length; i++) shares[i].lane.sink.left?.(shares[i].bytes);
  }

  /** It is the page's again, and has to go once more. */
  comeBack(): void {
    if (!this.left) return;
    this.left = false;
    const { shares } = this;
    for (let i = 0; i < shares.length; i++) shares[i].lane.sink.queued?.(shares[i].bytes);
  }
}
