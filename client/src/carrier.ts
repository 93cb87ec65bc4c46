// What stands between a connection and whatever moves its batches. The custom scheme's
// carrier is http.ts; shared memory or a socket can take its place.

import type { TailraceError } from './errors.js';
import type { Lane } from './lane.js';

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

/** The runs of one numbered upward batch; they stay the same when it is sent again. */
export interface OutBatch {
  readonly number: number;
  readonly runs: Uint8Array | undefined;
}

export interface Composed {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The lanes whose credit it carries. */
  readonly credits: readonly Lane[];
}

/** The connection, as its carrier sees it. None of its methods throws. */
export interface Peer {
  /** A downward batch has come. False: it was cut, and counts as not come. Dispatches nothing yet. */
  receive(answer: ArrayBuffer): boolean;
  /** Hands out, in order, what has been received. */
  dispatch(): void;
  /** The next numbered batch, if there is something to send now. */
  outgoing(): OutBatch | undefined;
  /** Writes a batch with the receipts and credits of this moment. */
  compose(out: OutBatch | undefined, slot: number, request: number, hold: number): Composed;
  /** That numbered batch has its receipt. */
  delivered(out: OutBatch): void;
  /** A request was lost, and the credits that it carried. */
  undelivered(credits: readonly Lane[]): void;
  /** The session is over. */
  end(error: TailraceError): void;
}

export interface Carrier {
  /** Asks for a session; rejects with a TailraceError. */
  hello(): Promise<Hello>;
  /** Begins to move batches. */
  start(peer: Peer, hello: Hello): void;
  /** There may be something to send: asks `peer.outgoing` at the end of this turn. */
  wake(): void;
  /** Ends everything under way. */
  stop(): void;
}
