// One session with the Go side: the lanes, the order of batches, receipts and credits.

import { Arrivals } from './arrivals.js';
import { floor, hasOwn, includes, list, min, push, toText } from './builtins/base.js';
import { bufferOf, NativeUint8Array, NativeUint32Array } from './builtins/bytes.js';
import { SafeMap } from './builtins/collections.js';
import { tell } from './builtins/dom.js';
import { settled } from './builtins/promises.js';
import { Calls, type HeldCall } from './calls.js';
import type { Carrier, Composed, Hello, Peer, Received } from './carrier.js';
import type { Call, ControlOwner } from './control.js';
import { ControlSink } from './control.js';
import { broken, TailraceError } from './errors.js';
import { Lane, type LaneOwner } from './lane.js';
import { withoutAnswer } from './laneout.js';
import { BodySink, type Sink } from './lanesink.js';
import { LAST_NUMBER } from './numbers.js';
import type { OutBatch } from './outbatch.js';
import { Owed } from './owed.js';
import type { Timers } from './timers.js';
import { Upward } from './upward.js';
import { CANCEL, CLOSING, CREDIT, EVENT_BYTES, HEADER } from './wire.js';
import {
  type Batch,
  eachCredit,
  type FrameTarget,
  GONE,
  openBatch,
  type RunTarget,
  readBatch,
  walk,
} from './wireread.js';
import { type BatchHeader, encodeBatch, encodeInPlace, RunWriter } from './wirewrite.js';

/** Codes of what somebody has to mend: the console shows those ends. */
const TOLD = ['protocol', 'internal', 'blocked_by_csp'];

const NONE: readonly Lane[] = list();

/** No limit, until hello has told one. */
const MOST = 2 ** 53 - 1;

/** What a connection tells its page. */
export interface PageEvents {
  /** An event of the bus, for these subscriptions. */
  event(subs: readonly number[], binary: boolean, payload: Uint8Array): void;
  /** An event for one subscription, its JSON parsed already. */
  parsedEvent(sub: number, value: unknown): void;
  ended(error: TailraceError): void;
}

export class Connection implements Peer, LaneOwner, ControlOwner, RunTarget {
  state: 'connecting' | 'open' | 'ended' = 'connecting';
  label: string | undefined;
  error: TailraceError | undefined;
  maxMessage = MOST;
  chunk = 0;
  leaving = false;
  left = false;

  private readonly lanes = new SafeMap<number, Lane>();
  private readonly control: Lane;
  private nextLane: number;
  private highestRemote = 0;
  private maxLanes = MOST;
  private window = 0;
  private starting: (() => void)[] = list();

  private readonly calls: Calls;

  // Downward batches.
  private readonly arrivals = new Arrivals();
  private walking: Batch | undefined;
  /** The number of the last batch whose way ended while it was walked. */
  private interrupted = 0;
  private readonly owed: Owed;

  private readonly up: Upward;

  constructor(
    private readonly carrier: Carrier,
    private readonly clock: Timers,
    private readonly page: PageEvents,
    first = 1, // where the numbers of calls and lanes begin
  ) {
    this.calls = new Calls(first);
    this.nextLane = first % 2 === 0 ? first + 1 : first;
    this.control = new Lane(0, this, new ControlSink(this));
    this.control.named = true;
    this.lanes.set(0, this.control);
    this.up = new Upward(carrier, this.control);
    this.owed = new Owed(carrier, clock, this.lanes);
    void settled(
      carrier.hello(),
      (hello) => this.open(hello),
      (error) => this.end(error),
    );
  }

  private open(hello: Hello): void {
    if (this.state !== 'connecting') return;
    this.state = 'open';
    this.label = hello.label;
    this.maxMessage = hello.maxMessage;
    this.maxLanes = hello.lanes;
    this.calls.most = hello.pending;
    this.window = hello.window;
    this.chunk = floor(hello.maxBatch / 4) & ~7;
    const mostCredits = floor(hello.maxBatch / 8 / CREDIT);
    const front = HEADER + mostCredits * CREDIT;
    this.owed.open(hello.window, mostCredits);
    this.up.writer = new RunWriter((hello.maxBatch & ~7) - front - CLOSING, front);
    this.control.openWindow(hello.window);
    const { starting } = this;
    this.starting = list();
    for (let i = 0; i < starting.length; i++) starting[i]();
    this.carrier.start(this, hello);
    this.carrier.wake();
  }

  /** Calls back once the session is open: now, or later in the order of the calls. */
  whenOpen(start: () => void): void {
    if (this.state === 'open') start();
    else if (this.state === 'connecting') push(this.starting, start);
  }

  // ---- for calls

  /** A lane of the page's own. Its number is the next one; `undoLanes` takes numbers back. */
  openLane(sink: Sink): Lane {
    if (this.lanes.size > this.maxLanes) {
      throw new TailraceError('too_many_lanes', `more than ${this.maxLanes} open channels`);
    }
    if (this.nextLane > LAST_NUMBER) {
      // None is used again: both sides tell from it whether a lane is new, open or gone.
      throw new TailraceError(
        'too_many_lanes',
        'all numbers of channels are used: reload the page',
      );
    }
    const lane = new Lane(this.nextLane, this, sink);
    this.nextLane += 2;
    this.lanes.set(lane.id, lane);
    return lane;
  }

  /** Forgets the newest lanes, which nobody has been told of. */
  undoLanes(lanes: readonly Lane[]): void {
    for (let i = 0; i < lanes.length; i++) {
      this.lanes.delete(lanes[i].id);
      this.nextLane = min(this.nextLane, lanes[i].id);
    }
  }

  has(lane: Lane): boolean {
    return this.lanes.get(lane.id) === lane;
  }

  /** A lane that carries the raw body of an invoke. */
  openBody(): Lane {
    const nothing = () => {};
    const lane = this.openLane(new BodySink(-1, nothing, nothing));
    this.whenOpen(() => lane.openWindow(this.window));
    return lane;
  }

  addCall(call: Call): number {
    return this.calls.add(call);
  }

  /**
   * Starts a call when the session is open and few enough are running; drops it if it is cancelled
   * before.
   */
  startCall(id: number, call: HeldCall): void {
    this.whenOpen(() => this.calls.start(id, call));
  }

  settle(id: number): Call | undefined {
    return this.calls.settle(id);
  }

  /** The caller does not wait for that call any more. */
  cancelCall(id: number): void {
    if (this.calls.cancel(id)) this.sendControl(CANCEL, wordPair(id));
  }

  startTimer(callback: () => void, milliseconds: number): unknown {
    return this.clock.setTimeout(callback, milliseconds);
  }

  stopTimer(timer: unknown): void {
    if (timer !== undefined) this.clock.clearTimeout(timer);
  }

  /** Why a message of that length cannot be sent. */
  tooLarge(length: number): TailraceError | undefined {
    return this.control.tooLarge(length);
  }

  /** The invoke that would have opened these lanes is not sent. */
  undoOpen(lanes: readonly Lane[], error: TailraceError): void {
    for (let i = 0; i < lanes.length; i++) {
      this.lanes.delete(lanes[i].id);
      lanes[i].end(error);
    }
  }

  sendControl(kind: number, payload: Uint8Array, opens: readonly Lane[] = NONE): void {
    if (this.state !== 'ended') this.control.send(withoutAnswer(kind, payload, opens));
  }

  event(subs: readonly number[], form: number, payload: Uint8Array): void {
    this.page.event(subs, form === EVENT_BYTES, payload);
  }

  parsedEvent(sub: number, value: unknown): void {
    this.page.parsedEvent(sub, value);
  }

  openRemote(id: number, sink: Sink): void {
    if (id === 0 || id % 2 !== 0 || id <= this.highestRemote)
      throw broken(`lane ${id} cannot be opened`);
    this.highestRemote = id;
    const lane = new Lane(id, this, sink);
    lane.named = true;
    this.lanes.set(id, lane);
  }

  findOpened(id: number): Lane | undefined {
    if (id % 2 === 0 || id >= this.nextLane) throw broken(`open of lane ${id}`);
    return this.lanes.get(id);
  }

  // ---- LaneOwner

  consumed(lane: Lane): void {
    this.owed.consumed(lane);
  }

  sendable(lane: Lane): void {
    this.up.queue(lane);
  }

  write(lane: Lane): void {
    this.up.write(lane);
  }

  gone(lane: Lane): void {
    this.lanes.delete(lane.id);
  }

  // ---- Peer

  receive(answer: ArrayBuffer | Received): boolean {
    if (this.state !== 'open') return true;
    try {
      const batch = isReceived(answer)
        ? readBatch(answer.u32, answer.u8, answer.length, false, answer.reused, answer.apart)
        : openBatch(answer, false);
      if (batch === undefined) return false;
      this.order(batch);
    } catch (error) {
      if (error !== GONE) this.end(error); // its carrier ends, and it will come by another
    }
    return true;
  }

  private order(batch: Batch): void {
    const { number, apart } = batch;
    if (number !== 0 && this.arrivals.had(number)) {
      apart?.skip();
      return;
    }
    this.up.acknowledge(batch);
    if (batch.credits > 0) eachCredit(batch, (lane, total) => this.credit(lane, total));
    if (number === 0) {
      apart?.skip();
      return;
    }
    this.owed.receipt = true;
    this.arrivals.add(batch);
  }

  private credit(id: number, total: number): void {
    const lane = this.lanes.get(id);
    if (lane !== undefined) {
      lane.credit(total);
    } else if (id % 2 === 1 ? id >= this.nextLane : id > this.highestRemote) {
      throw broken(`a credit for the unknown lane ${id}`);
    }
  }

  dispatch(): void {
    while (this.state === 'open') {
      const batch = this.arrivals.next();
      if (batch === undefined) break;
      this.walking = batch;
      try {
        walk(batch, false, this);
        this.runDone();
      } catch (error) {
        if (error !== GONE) {
          this.end(error);
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

  private running: Lane | undefined;

  run(id: number, count: number, first: number): FrameTarget | undefined {
    this.runDone();
    const lane = this.lanes.get(id);
    if (this.walking?.number === this.interrupted && this.wasHandedOut(id, lane, first + count)) {
      return undefined;
    }
    if (lane === undefined) throw broken(`frames of the unknown lane ${id}`);
    if (first !== lane.nextIn) {
      throw broken(`frame ${first} of lane ${id} instead of ${lane.nextIn}`);
    }
    if (this.walking?.reused && lane.sink.borrow !== true) {
      throw broken(`frames of lane ${id} in a batch of borrowed ones`);
    }
    lane.nextIn += count;
    this.running = lane;
    return lane;
  }

  private wasHandedOut(id: number, lane: Lane | undefined, end: number): boolean {
    if (lane !== undefined) return end <= lane.nextIn;
    return id % 2 === 1 ? id < this.nextLane : id <= this.highestRemote;
  }

  /** Accounts, once a run, for what its frames have added to the lane's credit. */
  private runDone(): void {
    const lane = this.running;
    this.running = undefined;
    if (lane !== undefined && lane.consumed > lane.announced) this.consumed(lane);
  }

  outgoing(): OutBatch | undefined {
    if (this.state !== 'open' || this.left) return undefined;
    return this.up.next(this.owed.urgent);
  }

  get lastSent(): number {
    return this.up.lastSent;
  }

  get due(): boolean {
    return this.owed.due;
  }

  compose(out: OutBatch | undefined, slot: number, request: number, hold: number): Composed {
    const credits = list<Lane>();
    const entries = this.owed.takeCredits(credits);
    const header = { ...this.header(out), slot, request, hold };
    return { bytes: encodeBatch(header, entries, out?.runs), credits };
  }

  composeInPlace(out: OutBatch | undefined): Uint8Array<ArrayBuffer> {
    return encodeInPlace(this.header(out), this.owed.takeCredits(), out?.runs);
  }

  private header(out: OutBatch | undefined): BatchHeader {
    this.owed.told();
    return {
      number: out === undefined ? 0 : out.number,
      receipt: this.arrivals.receipt,
      selective: this.arrivals.selective,
      slot: 0,
      request: 0,
      hold: 0,
    };
  }

  delivered(out: OutBatch): void {
    this.up.delivered(out);
  }

  passed(out: OutBatch): void {
    this.up.passed(out);
  }

  again(outs: readonly OutBatch[]): void {
    if (this.state !== 'open') return;
    this.up.again(outs);
    this.owed.receipt = true;
    const credited = list<Lane>();
    this.lanes.forEach((lane) => {
      if (lane.consumed > 0) push(credited, lane);
    });
    this.undelivered(credited);
  }

  undelivered(credits: readonly Lane[]): void {
    if (this.state !== 'open') return;
    for (let i = 0; i < credits.length; i++) {
      credits[i].announced = 0;
      this.consumed(credits[i]);
    }
  }

  /** The page will be left when its listeners have been called. */
  beginLeave(): void {
    this.leaving = true;
  }

  /**
   * The page is being left: what there is to send goes. `last`: it is the last time. What comes
   * back from the back-forward cache has another connection.
   */
  leave(last: boolean): void {
    if (this.state === 'open' && !this.left) this.carrier.leave(last);
    if (last) this.left = true;
  }

  /** Ends the session: every call and channel learns the reason. */
  end(reason: unknown): void {
    if (this.state === 'ended') return;
    const error =
      reason instanceof TailraceError
        ? reason
        : new TailraceError('internal', `the page’s client failed: ${toText(reason)}`);
    this.state = 'ended';
    this.error = error;
    if (includes(TOLD, error.code)) tell('error', 'tailrace:', error);
    this.carrier.stop();
    this.owed.end();
    this.arrivals.clear();
    this.up.end();
    this.starting = list();
    this.calls.end(error);
    const lanes = list<Lane>();
    this.lanes.forEach((lane) => {
      push(lanes, lane);
    });
    this.lanes.clear();
    for (let i = 0; i < lanes.length; i++) lanes[i].end(error);
    this.page.ended(error);
  }
}

function isReceived(answer: ArrayBuffer | Received): answer is Received {
  return hasOwn(answer, 'u32');
}

/** Two words, the second 0. */
function wordPair(first: number): Uint8Array {
  const words = new NativeUint32Array(2);
  words[0] = first;
  return new NativeUint8Array(bufferOf(words));
}
