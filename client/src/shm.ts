// The carrier of shared memory. The web process's extension maps what Go writes and copies it into
// buffers of the page; upward batches go into a ring the same way. The custom scheme's carrier says
// hello, moves the batches until the memory is there, and again when it has gone.

import { behind, floor, list, max, push } from './builtins/base.js';
import {
  lengthOf,
  NativeArrayBuffer,
  NativeUint8Array,
  NativeUint32Array,
} from './builtins/bytes.js';
import { SafeWeakMap } from './builtins/collections.js';
import { dispatch, listenTo, microtask, NativeEvent, NativeEventTarget } from './builtins/dom.js';
import { settled } from './builtins/promises.js';
import type { Carrier, Hello, Peer, Received } from './carrier.js';
import { TailraceError } from './errors.js';
import type { HttpCarrier } from './http.js';
import type { OutBatch } from './outbatch.js';
import { type Memory, Rest } from './shmmemory.js';
import type { Timers } from './timers.js';

// The flags of a record: see Memory.next.
const FLAGS = 0x100000000;
const BORROW = 2;
const APART = 4;

/**
 * Receipts and credits go up after so many bytes, if nothing has taken them along. Each wakes Go:
 * with half of it 64 KB messages are a tenth slower.
 */
const EVERY = 1 << 20;
/** Milliseconds after which the page gets a turn for painting. */
const TURN = 8;
/** Milliseconds in which the memory must be there if the page's policy refuses requests. */
const OFFER = 1000;
/** So many pushed batches are kept before Go is asked which of them it has taken. */
const KEPT = 8;
/** How long, in milliseconds, a page that is left waits for room in a full ring. */
const LAST_WAIT = 100;
/** The least size of the buffer that is used again. */
const REUSED = 256 << 10;

/** A batch that was pushed; the ring is read up to `end` when Go has it. */
interface Pushed {
  readonly out: OutBatch;
  readonly end: number;
}

/** A batch that found no room. */
interface Stuck {
  readonly out: OutBatch | undefined;
  readonly bytes: Uint8Array;
}

/** The carrier that a memory serves: the last one that has attached it. */
const holders = new SafeWeakMap<Memory, ShmCarrier>();

export class ShmCarrier implements Carrier {
  private peer: Peer | undefined;
  private state: 'waiting' | 'attached' | 'over' = 'waiting';
  private waking = false;
  private pumping = false;
  private yielding = false;
  private readonly rest: Rest;
  private readonly checkpoint = new Checkpoint();

  // Downward.
  private reused = wordsAndBytes(0);
  /** Bytes that came since a batch went up. */
  private unanswered = 0;
  /** Nothing more is there to read: what is due goes up without waiting for data. */
  private asleep = false;

  // Upward.
  private pushed: Pushed[] = list();
  private end = 0;
  private stuck: Stuck | undefined;

  constructor(
    private readonly memory: Memory,
    private readonly http: HttpCarrier,
    private readonly clock: Timers,
  ) {
    this.rest = new Rest(memory);
  }

  hello(): Promise<Hello> {
    return this.http.hello();
  }

  start(peer: Peer, hello: Hello): void {
    this.peer = peer;
    this.http.prepare(peer, hello);
    holders.set(this.memory, this);
    const attached = this.memory.attach(hello.session, this.bell);
    if (attached === 1) this.attached();
    else if (attached === 0) this.http.resume((error) => this.blocked(error));
    else this.fail('the page could not attach it');
  }

  /** The scheme is closed to the page: the memory has to come soon. */
  private blocked(error: TailraceError): void {
    this.clock.setTimeout(() => {
      if (this.state === 'waiting') this.peer?.end(error);
    }, OFFER);
  }

  private attached(): void {
    this.state = 'attached';
    this.http.pause(() => this.wake());
    this.wake();
    this.pump();
  }

  get immediate(): boolean {
    return this.state === 'attached' && this.stuck === undefined;
  }

  leave(last: boolean): void {
    if (this.state !== 'attached') {
      this.http.leave(last);
      return;
    }
    const until = this.clock.now() + LAST_WAIT;
    do this.flush();
    while (this.stuck !== undefined && this.clock.now() < until); // Go reads it meanwhile
    if (last) this.http.sayLast();
  }

  stop(): void {
    this.state = 'over';
    this.http.stop();
    this.detach();
    this.pushed = list();
    this.stuck = undefined;
  }

  private detach(): void {
    if (holders.get(this.memory) !== this) return;
    holders.delete(this.memory);
    this.memory.detach();
  }

  /** Shared memory is over; what it may have lost goes the other way. */
  private fail(reason: string): void {
    const { peer } = this;
    if (peer === undefined || this.state === 'over') return;
    this.state = 'over';
    this.settle();
    this.detach();
    const lost = list<OutBatch>();
    for (let i = 0; i < this.pushed.length; i++) push(lost, this.pushed[i].out);
    if (this.stuck?.out !== undefined) push(lost, this.stuck.out);
    this.pushed = list();
    this.stuck = undefined;
    peer.again(lost);
    this.http.pause(() => {});
    void settled(
      this.http.giveUp(reason),
      () => this.http.resume(),
      (error) => peer.end(error),
    );
  }

  // ---- downward

  private readonly bell = (): void => {
    if (this.state === 'over') return;
    if (this.state === 'waiting') {
      this.attached();
      return;
    }
    if (this.stuck !== undefined) this.flush();
    if (!this.yielding) this.pump();
    this.checkpoint.reach();
  };

  private pump(): void {
    const { peer } = this;
    if (this.pumping || peer === undefined) return;
    this.pumping = true;
    this.asleep = false;
    try {
      this.readAll(peer);
    } catch (error) {
      peer.end(error); // there may be no memory for a buffer
    }
    this.pumping = false;
  }

  private readAll(peer: Peer): void {
    const { memory, clock } = this;
    const until = clock.now() + TURN;
    while (this.state === 'attached') {
      const next = memory.next();
      if (next <= 0) {
        if (next < 0) this.fail('the link has ended');
        else this.sleep(peer);
        return;
      }
      const flags = floor(next / FLAGS);
      const batch = this.read(next - flags * FLAGS, flags);
      if (batch === undefined) return;
      if (!peer.receive(batch)) {
        this.fail('a batch came that is not whole');
        return;
      }
      peer.dispatch();
      this.unanswered += batch.length + this.rest.filled;
      this.rest.filled = 0;
      if (this.waking || this.unanswered >= EVERY) this.flush();
      if (clock.now() < until) continue;
      this.yield(peer);
      return;
    }
  }

  private yield(peer: Peer): void {
    this.yielding = true;
    if (peer.due && this.stuck === undefined) {
      // callbacks that take long must not hold Go up
      this.write(undefined, peer.composeInPlace(undefined));
    }
    this.clock.task(() => {
      this.yielding = false;
      if (this.state === 'attached') this.pump();
    });
  }

  /** Undefined: there is none, and the carrier has failed. */
  private read(length: number, flags: number): Received | undefined {
    const reused = (flags & BORROW) !== 0;
    const { u8, u32 } = reused ? this.reusedFor(length) : wordsAndBytes(length);
    if (this.memory.read(u8) !== length) {
      this.fail('a batch could not be read');
      return undefined;
    }
    return { u8, u32, length, reused, apart: (flags & APART) === 0 ? undefined : this.rest };
  }

  private reusedFor(length: number): WordsAndBytes {
    if (this.reused.size < length) this.reused = wordsAndBytes(max(length, REUSED));
    return this.reused;
  }

  /** In a microtask, so that what the callbacks' promises send goes along. */
  private sleep(peer: Peer): void {
    this.asleep = true;
    if (peer.due) this.wake();
  }

  // ---- upward

  wake(): void {
    if (this.state !== 'attached') {
      this.http.wake();
    } else if (!this.waking) {
      this.waking = true;
      microtask(this.woken);
    }
  }

  private readonly woken = (): void => {
    if (this.waking) this.flush();
  };

  flush(): void {
    this.waking = false;
    const { peer } = this;
    if (this.state !== 'attached' || peer === undefined) {
      this.http.flush();
      return;
    }
    if (this.stuck !== undefined && !this.write(this.stuck.out, this.stuck.bytes)) return;
    if (this.pushed.length >= KEPT) this.settle();
    for (;;) {
      const out = peer.outgoing();
      if (out === undefined) break;
      if (!this.write(out, peer.composeInPlace(out))) return;
    }
    if (peer.due && (this.asleep || this.unanswered >= EVERY)) {
      this.write(undefined, peer.composeInPlace(undefined));
    }
  }

  private write(out: OutBatch | undefined, bytes: Uint8Array): boolean {
    this.unanswered = 0;
    this.stuck = { out, bytes };
    const written = this.memory.push(bytes);
    if (written === 1) {
      this.stuck = undefined;
      this.end += 8 + ((lengthOf(bytes) + 7) & ~7);
      if (out !== undefined) {
        push(this.pushed, { out, end: this.end });
        this.peer?.passed(out);
      }
      return true;
    }
    if (written === -1) this.fail('the link has ended');
    else if (written !== 0) {
      this.peer?.end(new TailraceError('internal', 'a batch does not fit into shared memory'));
    }
    return false;
  }

  /** Forgets the batches that Go has taken. */
  private settle(): void {
    const taken = this.memory.taken();
    if (taken < 0) this.fail('the link has ended');
    const { pushed, peer } = this;
    let n = 0;
    while (n < pushed.length && pushed[n].end <= taken) peer?.delivered(pushed[n++].out);
    if (n > 0) this.pushed = behind(pushed, n);
  }
}

/**
 * Runs what is queued as microtasks now: WebKit does that behind an event's listener. What the
 * extension calls is none, and there microtasks wait for the next turn of the main loop: a command
 * then takes about a twentieth longer.
 */
export class Checkpoint {
  private readonly target = new NativeEventTarget();
  private readonly event = new NativeEvent('checkpoint');

  constructor() {
    listenTo(this.target, 'checkpoint', () => {});
  }

  reach(): void {
    dispatch(this.target, this.event);
  }
}

interface WordsAndBytes {
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  readonly size: number;
}

function wordsAndBytes(length: number): WordsAndBytes {
  const buffer = new NativeArrayBuffer(length);
  const u32 = new NativeUint32Array(buffer, 0, length >> 2);
  return { u8: new NativeUint8Array(buffer), u32, size: length };
}
