// One numbered upward batch.

import type { Lane } from './lane.js';

/** The payload bytes of one lane in a batch. */
interface Share {
  readonly lane: Lane;
  readonly bytes: number;
}

/** Its runs stay the same when it is sent again. */
export class OutBatch {
  private left = false;
  private readonly shares: readonly Share[];

  /** Takes what the lanes have batched. */
  constructor(
    readonly number: number,
    readonly runs: Uint8Array<ArrayBuffer> | undefined,
    lanes: readonly Lane[],
  ) {
    this.shares = lanes.map((lane) => ({ lane, bytes: lane.takeBatched() }));
  }

  /** It has left the page: its channels hold so much less. */
  leave(): void {
    if (this.left) return;
    this.left = true;
    for (const { lane, bytes } of this.shares) lane.sink.left?.(bytes);
  }

  /** It is the page's again, and has to go once more. */
  comeBack(): void {
    if (!this.left) return;
    this.left = false;
    for (const { lane, bytes } of this.shares) lane.sink.queued?.(bytes);
  }
}
