// The requests to the custom scheme: how they are made, how long they may take, and whether the
// page's policy lets them.

import { latin1, min } from './builtins/base.js';
import { SafeSet } from './builtins/collections.js';
import { Aborter, type Ask, bodyOf, statusOf } from './builtins/dom.js';
import { ignored, NativePromise, safe } from './builtins/promises.js';
import { blockedByPolicy } from './csp.js';
import { TailraceError } from './errors.js';
import {
  type Answered,
  answered,
  type Reply,
  replied,
  textOf,
  unreachable,
} from './httpreplies.js';
import type { Timers } from './timers.js';

/** Failed requests in a row, in one slot, after which the session is given up. */
export const TRIES = 12;
/** The first retry comes at once; the wait then doubles from 50 ms. */
const FIRST_WAIT = 50;
const LONGEST_WAIT = 1000;
const HELLO_TIMEOUT = 10_000;
/** How often, in milliseconds, the page looks for requests that take too long. */
const WATCH = 2500;

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

/** Makes one request at a time. */
export interface Slot {
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

export function newSlot(index: number): Slot {
  return { index, request: 0, aborter: undefined, abort: undefined, until: 0, refusals: 0 };
}

export class HttpRequests {
  stopped = false;
  /** The page's policy refuses requests, so that none is made any more. */
  blocked = false;
  /** Slots with a request under way. */
  private readonly busy = new SafeSet<Slot>();
  private watching = false;
  private session = '';
  private headers = headersOf({ 'Tailrace-Version': '1' });

  constructor(private readonly options: HttpOptions) {
    if (options.memory === true) this.headers['Tailrace-Memory'] = '1';
  }

  /** The requests are those of that session from now on. */
  open(session: string): void {
    this.session = session;
    this.headers = headersOf({
      'Tailrace-Version': '1',
      'Tailrace-Session': session,
      'Content-Type': 'application/octet-stream',
    });
  }

  stop(): void {
    this.stopped = true;
    this.busy.forEach((slot) => {
      slot.abort?.abort();
    });
    this.busy.clear();
  }

  /** A request outside of the batches, until it has an answer. */
  async ask(path: string, body: string | null): Promise<Answered> {
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
  lookForPolicy(slot: Slot): boolean {
    if (this.options.refusals() > slot.refusals) this.blocked = true;
    return this.blocked;
  }

  /** Undefined: the answer did not come, or not whole. Never rejects. */
  async fetch(
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

  /** Waits before what has failed so many times in a row is tried again. */
  async wait(failures: number): Promise<void> {
    if (failures === 1) return;
    await safe(this.sleep(min(LONGEST_WAIT, FIRST_WAIT * 2 ** (failures - 2))));
  }

  sleep(milliseconds: number): Promise<void> {
    return new NativePromise((resolve) => {
      this.options.clock.setTimeout(resolve, milliseconds);
    });
  }

  /**
   * A request that outlives the page. Nobody waits for its answer. WebKit sends a page's last
   * fetches up to 64 KB in all, and its messages to the app whatever they are.
   */
  outlive(path: 'batch' | 'leave', body: Uint8Array<ArrayBuffer>): void {
    const { outlive } = this.options;
    if (outlive !== undefined) {
      outlive(`${this.session} ${path} ${latin1(body)}`);
      return;
    }
    if (this.blocked) return;
    const init = { __proto__: null, ...this.init(body, new Aborter().signal), keepalive: true };
    ignored(this.options.fetch(`${this.options.base}/.tailrace/${path}`, init as RequestInit));
  }
}

function headersOf(headers: Record<string, string>): Record<string, string> {
  return { __proto__: null, ...headers } as unknown as Record<string, string>;
}
