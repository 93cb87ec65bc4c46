// The carrier of the custom scheme: every batch is a POST or its answer. Pull slots keep a
// request with the Go side until there is data; post slots carry upward batches.

import { encodeText, list, pop, push } from './builtins/base.js';
import { sizeOf } from './builtins/bytes.js';
import { SafeSet } from './builtins/collections.js';
import { microtask } from './builtins/dom.js';
import { stringify } from './builtins/json.js';
import { safe } from './builtins/promises.js';
import type { Carrier, Hello, Peer } from './carrier.js';
import { blockedByPolicy } from './csp.js';
import type { TailraceError } from './errors.js';
import { parse, type Reply, readHello, refusal, textOf, unreachable } from './httpreplies.js';
import { type HttpOptions, HttpRequests, newSlot, type Slot, TRIES } from './httprequests.js';
import type { OutBatch } from './outbatch.js';

/** Too many requests at once: the same again after this. */
const BUSY_WAIT = 20;
/** How much longer than its hold a request may take. */
const GRACE = 10_000;
/**
 * An answer of up to so many bytes is dispatched before its slot pulls again, and what the page
 * replies goes along with that pull: one request for a round trip. A larger answer is dispatched
 * while the next one is under way.
 */
const SMALL = 16 << 10;

const FAILED = Symbol('failed');

/** undefined: nothing to say, or the carrier has stopped. */
type Answer = Reply | undefined | typeof FAILED;

export class HttpCarrier implements Carrier {
  readonly immediate = false;
  private readonly requests: HttpRequests;
  /** Another carrier moves the batches: called where this one would send some. */
  private instead: (() => void) | undefined;
  /** Called when the page's policy refuses requests while this carrier moves the batches. */
  private onblocked: ((error: TailraceError) => void) | undefined;
  private waking = false;
  /** Batches under way, and the slot that the page's last ones go through. */
  private readonly flying = new SafeSet<OutBatch>();
  private last = newSlot(0);
  private peer: Peer | undefined;
  private hold = 0;
  private free: Slot[] = list();
  /** Pull slots without a request. */
  private idle: Slot[] = list();

  constructor(private readonly options: HttpOptions) {
    this.requests = new HttpRequests(options);
  }

  async hello(): Promise<Hello> {
    const answer = await safe(this.requests.ask('hello', null));
    if (answer.status !== 200) throw refusal(answer.status, answer.text);
    return readHello(parse(answer.text));
  }

  /** Tells Go that shared memory is not used any more, and why. Then `resume` may follow. */
  async giveUp(reason: string): Promise<void> {
    const answer = await safe(this.requests.ask('carrier', stringify({ reason }) as string));
    const { status, text } = answer;
    if (status < 200 || status >= 300) throw refusal(status, text);
  }

  start(peer: Peer, hello: Hello): void {
    this.prepare(peer, hello);
    this.resume();
  }

  /** As start, but nothing moves before `resume`. */
  prepare(peer: Peer, hello: Hello): void {
    this.peer = peer;
    this.hold = hello.hold;
    this.requests.open(hello.session);
    for (let i = 0; i < hello.posts; i++) push(this.free, newSlot(hello.pulls + i));
    this.last = this.free[0];
    for (let i = 0; i < hello.pulls; i++) push(this.idle, newSlot(i));
  }

  /** Another carrier goes on: no new pulls and posts; those under way come to their end. */
  pause(instead: () => void): void {
    this.instead = instead;
  }

  /**
   * Begins to move batches, or goes on. `onblocked`: what to do if the page's policy forbids it,
   * but for ending the session.
   */
  resume(onblocked?: (error: TailraceError) => void): void {
    this.instead = undefined;
    const { peer } = this;
    if (peer === undefined || this.requests.stopped) return;
    this.onblocked = onblocked ?? ((error) => peer.end(error));
    const { idle } = this;
    this.idle = list();
    for (let i = 0; i < idle.length; i++) void this.pull(peer, idle[i]);
    this.flush();
  }

  wake(): void {
    if (this.waking) return;
    this.waking = true;
    microtask(() => {
      this.waking = false;
      this.flush();
    });
  }

  flush(): void {
    const { peer, instead, requests } = this;
    if (instead !== undefined) {
      if (!requests.stopped) instead();
      return;
    }
    while (peer !== undefined && !requests.stopped && !requests.blocked && this.free.length > 0) {
      const out = peer.outgoing();
      if (out === undefined) return;
      void this.post(peer, pop(this.free) as Slot, out);
    }
  }

  leave(last: boolean): void {
    const { peer, flying } = this;
    if (peer === undefined || this.requests.stopped || this.instead !== undefined) return;
    // What is under way ends with the page; Go passes over what it has.
    const outs = list<OutBatch>();
    flying.forEach((out) => {
      push(outs, out);
    });
    for (;;) {
      const out = peer.outgoing();
      if (out === undefined) break;
      push(outs, out);
    }
    for (let i = 0; i < outs.length; i++) {
      const { bytes } = peer.compose(outs[i], this.last.index, ++this.last.request, 0);
      this.requests.outlive('batch', bytes);
    }
    flying.clear();
    if (last) this.sayLast();
  }

  /** Tells Go the number of the page's last batch, over whichever carrier that goes. */
  sayLast(): void {
    if (this.peer === undefined || this.requests.stopped) return;
    this.requests.outlive('leave', encodeText(`{"last":${this.peer.lastSent}}`));
  }

  stop(): void {
    this.requests.stop();
  }

  private async pull(peer: Peer, slot: Slot): Promise<void> {
    let failures = 0;
    let out: OutBatch | undefined;
    let next = this.request(peer, slot, out, this.hold);
    for (;;) {
      const answer = await safe(next);
      if (this.requests.stopped) return;
      if (answer === FAILED || (answer !== undefined && !taken(peer, answer))) {
        failures++;
        if (failures === TRIES) peer.end(unreachable());
        else await safe(this.requests.wait(failures));
        if (this.requests.stopped) return;
        if (answer === FAILED && this.requests.lookForPolicy(slot)) {
          push(this.idle, slot);
          this.giveBack(peer, out);
          return;
        }
        // A navigation ends a page's requests, also when nothing comes of it, as with downloads. So
        // who has failed twice is not held: a page that is led away again and again sees that Go
        // answers.
        const held = failures === 1 && this.instead === undefined;
        next = this.request(peer, slot, out, held ? this.hold : 0);
        continue;
      }
      failures = 0;
      if (out !== undefined) {
        this.flying.delete(out);
        peer.delivered(out);
        this.wake();
      }
      out = undefined;
      if (this.instead !== undefined) {
        peer.dispatch();
        this.flush();
        if (this.instead !== undefined) break;
      }
      const small = answer?.body !== undefined && sizeOf(answer.body) <= SMALL;
      if (small) {
        peer.dispatch();
        out = peer.outgoing();
      }
      if (this.requests.stopped) return;
      next = this.request(peer, slot, out, this.hold);
      out?.leave(); // the answer may be held
      if (!small) peer.dispatch();
    }
    push(this.idle, slot);
  }

  private async post(peer: Peer, slot: Slot, out: OutBatch): Promise<void> {
    for (let failures = 0; ; ) {
      const answer = await safe(this.request(peer, slot, out, 0));
      if (this.requests.stopped) return;
      // Until its answer has come whole, the slot asks again: that answer may hold a batch.
      if (answer !== FAILED && (answer === undefined || taken(peer, answer))) break;
      failures++;
      if (failures === TRIES) peer.end(unreachable());
      else await safe(this.requests.wait(failures));
      if (this.requests.stopped) return;
      if (answer === FAILED && this.requests.lookForPolicy(slot)) {
        push(this.free, slot);
        this.giveBack(peer, out);
        return;
      }
    }
    this.flying.delete(out);
    peer.delivered(out);
    push(this.free, slot);
    this.flush();
    peer.dispatch();
    this.flush();
  }

  /** No request is made any more: what was to go by one goes another way, if there is one. */
  private giveBack(peer: Peer, out: OutBatch | undefined): void {
    if (out !== undefined) {
      this.flying.delete(out);
      peer.again([out]);
    }
    const { instead, onblocked } = this;
    this.onblocked = undefined;
    if (instead !== undefined) instead();
    else onblocked?.(blockedByPolicy(this.options.base));
  }

  /** Sends one request, its receipts and credits those of the moment of the call. Never rejects. */
  private async request(
    peer: Peer,
    slot: Slot,
    out: OutBatch | undefined,
    hold: number,
  ): Promise<Answer> {
    const { requests } = this;
    const composed = peer.compose(out, slot.index, ++slot.request, hold);
    if (out !== undefined) this.flying.add(out);
    for (;;) {
      const answer = await safe(requests.fetch('batch', composed.bytes, slot, this.hold + GRACE));
      if (requests.stopped) return undefined;
      if (answer === undefined) {
        peer.undelivered(composed.credits);
        return FAILED;
      }
      if (answer.status === 429) {
        await safe(requests.sleep(BUSY_WAIT));
        if (requests.stopped) return undefined;
      } else if (answer.status >= 200 && answer.status < 300) {
        if (answer.status === 204) return undefined;
        return answer.body === undefined ? FAILED : answer;
      } else {
        peer.end(refusal(answer.status, textOf(answer.body)));
        return undefined;
      }
    }
  }
}

function taken(peer: Peer, { body }: Reply): boolean {
  return body !== undefined && peer.receive(body);
}
