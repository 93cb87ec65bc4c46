// The carrier of the custom scheme: every batch is a POST or its answer. Pull slots keep a
// request with the Go side until there is data; post slots carry upward batches.

import {
  decodeText,
  encodeText,
  isInteger,
  latin1,
  list,
  min,
  parseJson,
  pop,
  push,
} from './builtins/base.js';
import { NativeUint8Array, sizeOf } from './builtins/bytes.js';
import { SafeSet } from './builtins/collections.js';
import { Aborter, type Ask, bodyOf, microtask, statusOf } from './builtins/dom.js';
import { stringify } from './builtins/json.js';
import { ignored, NativePromise, safe } from './builtins/promises.js';
import type { Carrier, Hello, Peer } from './carrier.js';
import { blockedByPolicy } from './csp.js';
import { errorFrom, TailraceError } from './errors.js';
import type { OutBatch } from './outbatch.js';
import type { Timers } from './timers.js';

/** Failed requests in a row, in one slot, after which the session is given up. */
const TRIES = 12;
/** The first retry comes at once; the wait then doubles from 50 ms. */
const FIRST_WAIT = 50;
const LONGEST_WAIT = 1000;
/** Too many requests at once: the same again after this. */
const BUSY_WAIT = 20;
/** How much longer than its hold a request may take. */
const GRACE = 10_000;
const HELLO_TIMEOUT = 10_000;
/** How often, in milliseconds, the page looks for requests that take too long. */
const WATCH = 2500;
/**
 * An answer of up to so many bytes is dispatched before its slot pulls again, and what the page
 * replies goes along with that pull: one request for a round trip. A larger answer is dispatched
 * while the next one is under way.
 */
const SMALL = 16 << 10;

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface HttpOptions {
  readonly base: string;
  readonly fetch: Fetch;
  readonly clock: Timers;
  /** Sends a text that arrives though the page is being left, however long it is. */
  readonly outlive?: ((text: string) => void) | undefined;
  /** Shared memory can be had: hello says so. */
  readonly memory?: boolean;
  /** Posts what is outside of the batches. Default: by `fetch`, which shows the page the answer. */
  readonly post?:
    | ((url: string, headers: Record<string, string>, body: string | null) => Ask)
    | undefined;
  /** How many requests the page's policy has refused: see countRefusals. */
  readonly refusals: () => number;
}

interface Slot {
  readonly index: number;
  /** The number of its last request. */
  request: number;
  /** Of the slot's requests by fetch. */
  aborter: Aborter | undefined;
  /** Ends the request that is under way. */
  abort: Pick<Aborter, 'abort'> | undefined;
  /** When that request has taken too long. */
  until: number;
  /** `refusals` when its request was made. */
  refusals: number;
}

function newSlot(index: number): Slot {
  return { index, request: 0, aborter: undefined, abort: undefined, until: 0, refusals: 0 };
}

const FAILED = Symbol('failed');

/** undefined: nothing to say, or the carrier has stopped. */
type Answer = Reply | undefined | typeof FAILED;

export class HttpCarrier implements Carrier {
  readonly immediate = false;
  private stopped = false;
  /** Another carrier moves the batches: called where this one would send some. */
  private instead: (() => void) | undefined;
  /** The page's policy refuses requests, so that none is made any more. */
  private blocked = false;
  /** Called when that is found while this carrier moves the batches. */
  private onblocked: ((error: TailraceError) => void) | undefined;
  private waking = false;
  /** Slots with a request under way. */
  private readonly busy = new SafeSet<Slot>();
  private watching = false;
  /** Batches under way, and the slot that the page's last ones go through. */
  private readonly flying = new SafeSet<OutBatch>();
  private last = newSlot(0);
  private peer: Peer | undefined;
  private session = '';
  private headers = headersOf({ 'Tailrace-Version': '1' });
  private hold = 0;
  private free: Slot[] = list();
  /** Pull slots without a request. */
  private idle: Slot[] = list();

  constructor(private readonly options: HttpOptions) {
    if (options.memory === true) this.headers['Tailrace-Memory'] = '1';
  }

  async hello(): Promise<Hello> {
    const answer = await safe(this.ask('hello', null));
    if (answer.status !== 200) throw refusal(answer.status, answer.text);
    return readHello(parse(answer.text));
  }

  /** Tells Go that shared memory is not used any more, and why. Then `resume` may follow. */
  async giveUp(reason: string): Promise<void> {
    const answer = await safe(this.ask('carrier', stringify({ reason }) as string));
    const { status, text } = answer;
    if (status < 200 || status >= 300) throw refusal(status, text);
  }

  /** A request outside of the batches, until it has an answer. */
  private async ask(path: string, body: string | null): Promise<Answered> {
    const slot = newSlot(0);
    for (let tries = 1; !this.stopped; tries++) {
      if (this.blocked) throw blockedByPolicy(this.options.base);
      const answer = await safe(this.askOnce(path, body, slot));
      if (this.stopped) break;
      if (answer !== undefined && answer.status !== 429 && answer.whole) return answer;
      if (tries === TRIES) throw unreachable();
      await safe(this.wait(tries));
      if (answer === undefined) this.lookForPolicy(slot);
    }
    throw new TailraceError('closed', 'the session ended');
  }

  /** Undefined: the answer did not come. Never rejects. */
  private async askOnce(
    path: string,
    body: string | null,
    slot: Slot,
  ): Promise<Answered | undefined> {
    const { post } = this.options;
    if (post === undefined) {
      const reply = await safe(this.fetch(path, body, slot, HELLO_TIMEOUT));
      return reply && answered(reply.status, textOf(reply.body));
    }
    if (this.blocked) return undefined;
    this.begin(slot, HELLO_TIMEOUT);
    try {
      const { answer, abort } = post(this.url(path), this.headers, body);
      slot.abort = { abort };
      const asked = await safe(answer);
      return asked && answered(asked.status, asked.text);
    } catch {
      return undefined;
    } finally {
      this.busy.delete(slot);
    }
  }

  private begin(slot: Slot, timeout: number): void {
    slot.refusals = this.options.refusals();
    slot.until = this.options.clock.now() + timeout;
    this.busy.add(slot);
    this.watch();
  }

  private url(path: string): string {
    return `${this.options.base}/.tailrace/${path}`;
  }

  /** A request of the slot's has failed: was it the page's policy? */
  private lookForPolicy(slot: Slot): boolean {
    if (this.options.refusals() > slot.refusals) this.blocked = true;
    return this.blocked;
  }

  start(peer: Peer, hello: Hello): void {
    this.prepare(peer, hello);
    this.resume();
  }

  /** As start, but nothing moves before `resume`. */
  prepare(peer: Peer, hello: Hello): void {
    this.peer = peer;
    this.hold = hello.hold;
    this.session = hello.session;
    this.headers = headersOf({
      'Tailrace-Version': '1',
      'Tailrace-Session': hello.session,
      'Content-Type': 'application/octet-stream',
    });
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
    if (peer === undefined || this.stopped) return;
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
    const { peer, instead } = this;
    if (instead !== undefined) {
      if (!this.stopped) instead();
      return;
    }
    while (peer !== undefined && !this.stopped && !this.blocked && this.free.length > 0) {
      const out = peer.outgoing();
      if (out === undefined) return;
      void this.post(peer, pop(this.free) as Slot, out);
    }
  }

  leave(last: boolean): void {
    const { peer, flying } = this;
    if (peer === undefined || this.stopped || this.instead !== undefined) return;
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
      this.outlive('batch', bytes);
    }
    flying.clear();
    if (last) this.sayLast();
  }

  /** Tells Go the number of the page's last batch, over whichever carrier that goes. */
  sayLast(): void {
    if (this.peer === undefined || this.stopped) return;
    this.outlive('leave', encodeText(`{"last":${this.peer.lastSent}}`));
  }

  /**
   * A request that outlives the page. Nobody waits for its answer. WebKit sends a page's last
   * fetches up to 64 KB in all, and its messages to the app whatever they are.
   */
  private outlive(path: 'batch' | 'leave', body: Uint8Array<ArrayBuffer>): void {
    const { outlive } = this.options;
    if (outlive !== undefined) {
      outlive(`${this.session} ${path} ${latin1(body)}`);
      return;
    }
    if (this.blocked) return;
    const init = { __proto__: null, ...this.init(body, new Aborter().signal), keepalive: true };
    ignored(this.options.fetch(`${this.options.base}/.tailrace/${path}`, init as RequestInit));
  }

  stop(): void {
    this.stopped = true;
    this.busy.forEach((slot) => {
      slot.abort?.abort();
    });
    this.busy.clear();
  }

  private async pull(peer: Peer, slot: Slot): Promise<void> {
    let failures = 0;
    let out: OutBatch | undefined;
    let next = this.request(peer, slot, out, this.hold);
    for (;;) {
      const answer = await safe(next);
      if (this.stopped) return;
      if (answer === FAILED || (answer !== undefined && !taken(peer, answer))) {
        failures++;
        if (failures === TRIES) peer.end(unreachable());
        else await safe(this.wait(failures));
        if (this.stopped) return;
        if (answer === FAILED && this.lookForPolicy(slot)) {
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
      if (this.stopped) return;
      next = this.request(peer, slot, out, this.hold);
      out?.leave(); // the answer may be held
      if (!small) peer.dispatch();
    }
    push(this.idle, slot);
  }

  private async post(peer: Peer, slot: Slot, out: OutBatch): Promise<void> {
    for (let failures = 0; ; ) {
      const answer = await safe(this.request(peer, slot, out, 0));
      if (this.stopped) return;
      // Until its answer has come whole, the slot asks again: that answer may hold a batch.
      if (answer !== FAILED && (answer === undefined || taken(peer, answer))) break;
      failures++;
      if (failures === TRIES) peer.end(unreachable());
      else await safe(this.wait(failures));
      if (this.stopped) return;
      if (answer === FAILED && this.lookForPolicy(slot)) {
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
    const composed = peer.compose(out, slot.index, ++slot.request, hold);
    if (out !== undefined) this.flying.add(out);
    for (;;) {
      const answer = await safe(this.fetch('batch', composed.bytes, slot, this.hold + GRACE));
      if (this.stopped) return undefined;
      if (answer === undefined) {
        peer.undelivered(composed.credits);
        return FAILED;
      }
      if (answer.status === 429) {
        await safe(this.sleep(BUSY_WAIT));
        if (this.stopped) return undefined;
      } else if (answer.status >= 200 && answer.status < 300) {
        if (answer.status === 204) return undefined;
        return answer.body === undefined ? FAILED : answer;
      } else {
        peer.end(refusal(answer.status, textOf(answer.body)));
        return undefined;
      }
    }
  }

  /** Undefined: the answer did not come, or not whole. Never rejects. */
  private async fetch(
    path: string,
    body: BodyInit | null,
    slot: Slot,
    timeout: number,
  ): Promise<Reply | undefined> {
    if (this.blocked) return undefined;
    // One signal serves a slot until it aborts: making one for each request costs more than a
    // message.
    slot.aborter ??= new Aborter();
    slot.abort = slot.aborter;
    this.begin(slot, timeout);
    try {
      const { signal } = slot.aborter;
      const response = await safe(this.options.fetch(this.url(path), this.init(body, signal)));
      const status = statusOf(response);
      return replied(status, status === 204 ? undefined : await safe(bodyOf(response)));
    } catch {
      return undefined;
    } finally {
      this.busy.delete(slot);
    }
  }

  private init(body: BodyInit | null, signal: AbortSignal): RequestInit {
    const { headers } = this;
    // Without a prototype, where a page might have put more.
    const init = { __proto__: null, method: 'POST', headers, body, signal, cache: 'no-store' };
    return init as RequestInit;
  }

  /** Aborts, from time to time, what takes too long. One timer serves all requests. */
  private watch(): void {
    if (this.watching || this.stopped) return;
    this.watching = true;
    this.options.clock.setTimeout(() => {
      this.watching = false;
      const now = this.options.clock.now();
      this.busy.forEach((slot) => {
        if (now < slot.until) return;
        slot.abort?.abort();
        slot.abort = undefined;
        slot.aborter = undefined;
      });
      if (this.busy.size > 0) this.watch();
    }, WATCH);
  }

  private async wait(failures: number): Promise<void> {
    if (failures === 1) return;
    await safe(this.sleep(min(LONGEST_WAIT, FIRST_WAIT * 2 ** (failures - 2))));
  }

  private sleep(milliseconds: number): Promise<void> {
    return new NativePromise((resolve) => {
      this.options.clock.setTimeout(resolve, milliseconds);
    });
  }
}

// What promises give has no prototype: see builtins/base.ts.

interface Reply {
  readonly status: number;
  readonly body: ArrayBuffer | undefined;
}

function replied(status: number, body: ArrayBuffer | undefined): Reply {
  return { __proto__: null, status, body } as unknown as Reply;
}

function taken(peer: Peer, { body }: Reply): boolean {
  return body !== undefined && peer.receive(body);
}

/** The answer to a request outside of the batches. */
interface Answered {
  readonly status: number;
  readonly text: string;
  /** Such an answer is JSON: one that is not has been cut. */
  readonly whole: boolean;
}

function answered(status: number, text: string): Answered {
  const whole = status !== 200 || parse(text) !== undefined;
  return { __proto__: null, status, text, whole } as unknown as Answered;
}

function headersOf(headers: Record<string, string>): Record<string, string> {
  return { __proto__: null, ...headers } as unknown as Record<string, string>;
}

function unreachable(): TailraceError {
  return new TailraceError('unreachable', 'the Go side does not answer: is the app still running?');
}

function textOf(body: ArrayBuffer | undefined): string {
  return body === undefined ? '' : decodeText(new NativeUint8Array(body));
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function refusal(status: number, text: string): TailraceError {
  const code = status === 403 ? 'forbidden' : status === 410 ? 'closed' : 'refused';
  return errorFrom(parse(text), code, `the Go side answered with status ${status}`);
}

function readHello(value: unknown): Hello {
  const given = typeof value === 'object' ? value : undefined;
  const hello = { __proto__: null, ...given } as unknown as Hello & { version?: number };
  const { session, label, pulls, posts, hold, maxBatch, maxMessage, window, lanes, pending } =
    hello;
  const between = (n: number, least: number, most: number) =>
    isInteger(n) && n >= least && n <= most;
  if (hello.version !== 1) {
    throw new TailraceError('protocol', `the Go side speaks version ${hello.version}, not 1`);
  }
  if (
    typeof session !== 'string' ||
    typeof label !== 'string' ||
    !between(pulls, 1, 64) ||
    !between(posts, 1, 64) ||
    !between(hold, 0, 600_000) ||
    !between(maxBatch, 1024, 2 ** 30) ||
    !between(maxMessage, 1, 2 ** 31) ||
    !between(window, 64, 2 ** 40) ||
    !between(lanes, 1, 2 ** 32) ||
    !between(pending, 1, 2 ** 32)
  ) {
    throw new TailraceError('protocol', 'a hello with fields missing or out of range');
  }
  return hello;
}
