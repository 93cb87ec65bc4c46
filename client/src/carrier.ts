// What stands between a connection and whatever moves its batches: the custom scheme's carrier
// is http.ts, that of shared memory shm.ts.

import type { Lane } from './lane.js';
import type { OutBatch } from './outbatch.js';
import type { Apart } from './wireread.js';

/** Hello's answer. */
export interface Hello {
  session: string;
  label: string;
  pulls: number;
  posts: number;
  hold: number;
  maxBatch: number;
  maxMessage: number;
  window: number;
  lanes: number;
  pending: number;
}

/** A downward batch that is not an answer of its own: the first `length` bytes of a buffer. */
export interface Received {
  readonly u32: Uint32Array;
  readonly u8: Uint8Array;
  readonly length: number;
  /** The next batch overwrites the buffer: `dispatch` must be called before. */
  readonly reused: boolean;
  /** What the buffer does not hold: `dispatch` must be called before it has gone. */
  readonly apart: Apart | undefined;
}

export interface Composed {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The lanes whose credit it carries. */
  readonly credits: readonly Lane[];
}

/** The connection, as its carrier sees it. None of its methods throws. */
export interface Peer {
  /**
   * A downward batch has come. False: it was cut, and counts as not come. Dispatches nothing yet.
   */
  receive(answer: ArrayBuffer | Received): boolean;
  /** Hands out, in order, what has been received. */
  dispatch(): void;
  /** The next numbered batch, if there is something to send now. */
  outgoing(): OutBatch | undefined;
  /** The number of the last batch that was handed out, 0: none. */
  readonly lastSent: number;
  /** Receipts or credits are due. */
  readonly due: boolean;
  /** Writes a batch with the receipts and credits of this moment. */
  compose(out: OutBatch | undefined, slot: number, request: number, hold: number): Composed;
  /**
   * The same around the runs, without a copy: the bytes stand until `out` is composed again or
   * delivered.
   */
  composeInPlace(out: OutBatch | undefined): Uint8Array<ArrayBuffer>;
  /** That numbered batch has its receipt. Nobody reads its runs any more. */
  delivered(out: OutBatch): void;
  /** A carrier that keeps the order has it, and gives it back by `again` if it fails. */
  passed(out: OutBatch): void;
  /**
   * These, in the order of their numbers, have not arrived, nor may any credit have: `outgoing`
   * gives them once more.
   */
  again(outs: readonly OutBatch[]): void;
  /** A request was lost, and the credits that it carried. */
  undelivered(credits: readonly Lane[]): void;
  /** The session is over. */
  end(error: unknown): void;
}

export interface Carrier {
  /** Asks for a session; rejects with a TailraceError. */
  hello(): Promise<Hello>;
  /** Begins to move batches. */
  start(peer: Peer, hello: Hello): void;
  /** There may be something to send: asks `peer.outgoing` at the end of this turn. */
  wake(): void;
  /** The same at once. */
  flush(): void;
  /** A batch that is full goes out at once: messages may be written into it as they are sent. */
  readonly immediate: boolean;
  /**
   * The page is being left: what there is to send goes now, as far as that can be. With `last` the
   * number of the page's last batch follows, so that Go knows what to wait for, and nothing is sent
   * afterwards.
   */
  leave(last: boolean): void;
  /** Ends everything under way. */
  stop(): void;
}
