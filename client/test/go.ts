// A Go side in memory: it reads and writes batches by itself (gowire.ts), and answers requests
// only when the test says so.

import assert from 'node:assert/strict';
import { HttpCarrier } from '../src/http.js';
import type { Fetch } from '../src/httprequests.js';
import { createPage } from '../src/page.js';
import { ShmCarrier } from '../src/shm.js';
import { INVOKE, OPEN } from '../src/wire.js';
import { type Batch, eachCredit, openBatch } from '../src/wireread.js';
import { Clock, settle } from './goclock.js';
import {
  assemble,
  bytes,
  type DownFrame,
  type DownRun,
  down,
  framesOf,
  readInvoke,
  type UpFrame,
  u32s,
} from './gowire.js';
import { type FakeMemory, recordOf } from './memory.js';

export const SETTINGS = {
  version: 1,
  session: 's-1',
  label: 'main',
  pulls: 4,
  posts: 8,
  hold: 20000,
  maxBatch: 4096,
  maxMessage: 1 << 20,
  window: 16384,
  lanes: 64,
  pending: 1000,
};

interface Reply {
  status: number;
  body?: Uint8Array | string | undefined;
}

/** A request that the page has made and the test has not answered yet. */
export class Request {
  answered = false;

  constructor(
    readonly batch: Batch,
    readonly raw: Uint8Array,
    private readonly settle: (reply: Reply | Error) => void,
  ) {}

  get slot(): number {
    return this.batch.slot;
  }

  get isPull(): boolean {
    return this.batch.hold > 0;
  }

  answer(body: Uint8Array): void {
    this.reply({ status: 200, body });
  }

  reply(reply: Reply): void {
    this.answered = true;
    this.settle(reply);
  }

  fail(): void {
    this.answered = true;
    this.settle(new TypeError('network'));
  }
}

export class Go {
  readonly clock = new Clock();
  /** A policy of the page's refuses requests; how many it has refused, as events have told. */
  blocking = false;
  refusals = 0;
  /** Requests that it has refused. */
  refused = 0;
  readonly requests: Request[] = [];
  hellos = 0;
  helloReplies: (Reply | Error)[] = [];
  /** Posts are answered 204 as they come, unless the test wants to do that. */
  autoPost = true;
  /** True: that request does not reach Go. */
  losing: () => boolean = () => false;
  settings = { ...SETTINGS };
  readonly urls: string[] = [];
  /** Upward frames, each once, in the order of their batches. */
  readonly up: UpFrame[] = [];
  readonly credits = new Map<number, number>();
  /** The highest receipt that came, and the selective bits that came with it. */
  receipt = 0;
  selective = 0;
  /** All numbered upward batches, as they came. */
  readonly posted: Uint8Array[] = [];
  /** All batches that came through shared memory. */
  readonly pushes: Uint8Array[] = [];
  private nextUp = 1;
  private readonly early = new Map<number, Batch>();
  private nextDown = 1;
  private readonly sequences = new Map<number, number>();
  readonly page: ReturnType<typeof createPage>;

  /** Go reads what the page pushes as it comes, unless the test wants to do that. */
  autoTake = true;
  /** The document says that the page itself tells when it is ready. */
  manual = false;
  /** Why the page has given shared memory up. */
  readonly givenUp: string[] = [];
  /** How Go answers that. */
  giveUpReplies: (Reply | Error)[] = [];

  constructor(
    settings: Partial<typeof SETTINGS> = {},
    readonly memory?: FakeMemory,
    makePage?: (fetch: Fetch) => ReturnType<typeof createPage>,
    first = 1,
  ) {
    Object.assign(this.settings, settings);
    const fetch: Fetch = (url, init) => this.fetch(url, init);
    this.page =
      makePage?.(fetch) ??
      createPage({
        carrier: () => {
          const http = new HttpCarrier({
            base: 'tailrace://localhost',
            fetch,
            clock: this.clock,
            memory: memory !== undefined,
            refusals: () => this.refusals,
          });
          return memory === undefined ? http : new ShmCarrier(memory, http, this.clock);
        },
        clock: this.clock,
        manual: () => this.manual,
        first,
      });
    if (memory !== undefined) {
      memory.onpush = () => {
        if (this.autoTake) this.takePushed();
      };
    }
  }

  /** Reads what the page has pushed. */
  takePushed(): void {
    for (;;) {
      const raw = this.memory?.take();
      if (raw === undefined) return;
      this.pushes.push(raw);
      const batch = openBatch(raw.slice().buffer, true);
      assert.ok(batch, 'an upward batch is whole');
      assert.ok(raw.length <= this.settings.maxBatch, 'an upward batch is at most maxBatch');
      this.take({ batch, raw });
    }
  }

  get api() {
    return this.page.state;
  }

  private fetch(url: string, init: RequestInit): Promise<Response> {
    this.urls.push(url);
    const headers = init.headers as Record<string, string>;
    assert.equal(init.method, 'POST');
    assert.equal(headers['Tailrace-Version'], '1');
    if (this.blocking) {
      this.refused++;
      // The event is a task of its own.
      this.clock.setTimeout(() => this.refusals++, 1);
      return Promise.reject(new TypeError('Load failed'));
    }
    return new Promise((resolve, reject) => {
      const abort = () => reject(new Error('aborted'));
      init.signal?.addEventListener('abort', abort);
      const settle = (reply: Reply | Error) => {
        init.signal?.removeEventListener('abort', abort);
        if (reply instanceof Error) {
          reject(reply);
          return;
        }
        const body = bytes(reply.body);
        const arrayBuffer = async () => body.slice().buffer;
        resolve({ status: reply.status, arrayBuffer } as unknown as Response);
      };
      if (url.endsWith('/hello')) {
        this.hellos++;
        this.newSession();
        assert.equal(headers['Tailrace-Memory'], this.memory === undefined ? undefined : '1');
        settle(this.helloReplies.shift() ?? { status: 200, body: JSON.stringify(this.settings) });
        return;
      }
      assert.equal(headers['Tailrace-Session'], this.settings.session);
      if (url.endsWith('/carrier')) {
        this.givenUp.push(JSON.parse(init.body as string).reason);
        settle(this.giveUpReplies.shift() ?? { status: 204 });
        return;
      }
      const raw = init.body as Uint8Array;
      const batch = openBatch(raw.slice().buffer, true);
      assert.ok(batch, 'an upward batch is whole');
      assert.ok(raw.length <= this.settings.maxBatch, 'an upward batch is at most maxBatch');
      if (this.losing()) {
        settle(new TypeError('network'));
        return;
      }
      const request = new Request(batch, raw, settle);
      this.take(request);
      this.requests.push(request);
      if (!request.isPull && this.autoPost) {
        request.answer(down(0, [], { receipt: this.nextUp - 1 }));
      }
    });
  }

  /** Nothing of the session before counts. */
  private newSession(): void {
    for (const request of this.requests) request.answered = true;
    this.up.length = 0;
    this.credits.clear();
    this.early.clear();
    this.sequences.clear();
    this.receipt = 0;
    this.selective = 0;
    this.nextUp = 1;
    this.nextDown = 1;
  }

  private take({ batch, raw }: { batch: Batch; raw: Uint8Array }): void {
    if (batch.receipt >= this.receipt) {
      this.receipt = batch.receipt;
      this.selective = batch.selective;
    }
    eachCredit(batch, (lane, total) => {
      this.credits.set(lane, Math.max(total, this.credits.get(lane) ?? 0));
    });
    const { number } = batch;
    if (number === 0) return;
    this.posted.push(raw);
    if (number >= this.nextUp) this.early.set(number, batch);
    for (;;) {
      const next = this.early.get(this.nextUp);
      if (next === undefined) return;
      this.early.delete(this.nextUp++);
      for (const frame of framesOf(next, true)) {
        const expected = this.up.filter(({ lane }) => lane === frame.lane).length;
        assert.equal(frame.sequence, expected, `lane ${frame.lane} has no gap`);
        this.up.push(frame);
      }
    }
  }

  /** Held requests of the pull slots. */
  get pulls(): Request[] {
    return this.requests.filter((request) => request.isPull && !request.answered);
  }

  get posts(): Request[] {
    return this.requests.filter((request) => !request.isPull && !request.answered);
  }

  /** The frames that came up on a lane, fragments one by one. */
  frames(lane: number): UpFrame[] {
    return this.up.filter((frame) => frame.lane === lane);
  }

  /**
   * The messages that came up on a lane, those of a kind if given. Each is whole, however many
   * frames it took: how long an error is, say, depends on the path in its stack.
   */
  on(lane: number, kind?: number): UpFrame[] {
    const messages = assemble(this.frames(lane));
    return kind === undefined ? messages : messages.filter((message) => message.kind === kind);
  }

  /** The invokes that came up. */
  get invokes() {
    return this.on(0, INVOKE).map(({ payload }) => readInvoke(payload));
  }

  /** A run with the next sequence numbers of its lane. */
  run(lane: number, frames: DownFrame[], align = 8): DownRun {
    const first = this.sequences.get(lane) ?? 0;
    this.sequences.set(lane, first + frames.length);
    return { lane, first, align, frames };
  }

  /** The next numbered batch. */
  batch(runs: DownRun[], options: { credits?: [number, number][] } = {}): Uint8Array<ArrayBuffer> {
    return down(this.nextDown++, runs, { receipt: this.nextUp - 1, ...options });
  }

  /** Answers the oldest pull with the runs in the next batch. */
  async send(...runs: DownRun[]): Promise<void> {
    await this.sendBatch(this.batch(runs));
  }

  /** Puts a batch into shared memory. Large frames that are alone in their run stand apart. */
  async give(batch: Uint8Array, options: { apart?: number; borrow?: boolean } = {}): Promise<void> {
    assert.ok(this.memory);
    this.memory.give(recordOf(batch, options.apart, options.borrow));
    await settle();
  }

  async sendBatch(batch: Uint8Array): Promise<void> {
    if (this.memory?.attachedTo !== undefined) {
      await this.give(batch);
      return;
    }
    const [pull] = this.pulls;
    assert.ok(pull, 'a pull is held');
    pull.answer(batch);
    await settle();
  }

  /** A page that has said hello, with one channel passed to the command `c`. */
  async channel<In = unknown, Out = In>(
    window = 0,
    options: ConstructorParameters<typeof this.api.Channel<In, Out>>[0] = {},
  ) {
    const channel = new this.api.Channel<In, Out>(options);
    const result = this.api.invoke('c', { channel });
    result.catch(() => {});
    await settle();
    const lane = channel.id as number;
    await this.send(this.run(0, [{ kind: OPEN, payload: u32s(lane, 0, window, 0) }]));
    const call = this.invokes.length;
    return { channel, lane, result, call };
  }
}

export async function started(settings: Partial<typeof SETTINGS> = {}, memory?: FakeMemory) {
  const go = new Go(settings, memory);
  await settle();
  return go;
}

/** Credits of a lane once everything lazy has gone. */
export async function credit(go: Go, lane: number): Promise<number> {
  await go.clock.advance(200);
  return go.credits.get(lane) ?? 0;
}
