// One session with the Go side: it joins the calls, the lanes, and the batches of both directions.

import { floor, hasOwn, includes, list, push, toText } from './builtins/base.js';
import { bufferOf, NativeUint8Array, NativeUint32Array } from './builtins/bytes.js';
import { tell } from './builtins/dom.js';
import { settled } from './builtins/promises.js';
import { Calls, type HeldCall } from './calls.js';
import type { Carrier, Composed, Hello, Peer, Received } from './carrier.js';
import type { Call, ControlOwner } from './control.js';
import { ControlSink } from './control.js';
import { Downward } from './downward.js';
import { TailraceError } from './errors.js';
import { Lane, type LaneOwner } from './lane.js';
import { withoutAnswer } from './laneout.js';
import { Lanes } from './lanes.js';
import { BodySink, type Sink } from './lanesink.js';
import type { OutBatch } from './outbatch.js';
import { Owed } from './owed.js';
import type { Timers } from './timers.js';
import { Upward } from './upward.js';
import { CANCEL, CLOSING, CREDIT, EVENT_BYTES, HEADER } from './wire.js';
import { type Batch, eachCredit, GONE, openBatch, readBatch } from './wireread.js';
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

export class Connection implements Peer, LaneOwner, ControlOwner {
  state: 'connecting' | 'open' | 'ended' = 'connecting';
  label: string | undefined;
  error: TailraceError | undefined;
  maxMessage = MOST;
  chunk = 0;
  leaving = false;
  left = false;

  private readonly lanes: Lanes;
  private readonly control: Lane;
  private window = 0;
  private starting: (() => void)[] = list();

  private readonly calls: Calls;
  private readonly owed: Owed;
  private readonly down: Downward;
  private readonly up: Upward;

  constructor(
    private readonly carrier: Carrier,
    private readonly clock: Timers,
    private readonly page: PageEvents,
    first = 1, // where the numbers of calls and lanes begin
  ) {
    this.calls = new Calls(first);
    this.control = new Lane(0, this, new ControlSink(this));
    this.control.named = true;
    this.lanes = new Lanes(this, this.control, first);
    this.up = new Upward(carrier, this.control);
    this.owed = new Owed(carrier, clock, this.lanes.byNumber);
    this.down = new Downward(this.lanes, this.owed, (error) => this.end(error));
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
    this.lanes.most = hello.lanes;
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
    return this.lanes.open(sink);
  }

  /** Forgets the newest lanes, which nobody has been told of. */
  undoLanes(lanes: readonly Lane[]): void {
    this.lanes.undo(lanes);
  }

  has(lane: Lane): boolean {
    return this.lanes.byNumber.get(lane.id) === lane;
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
    this.lanes.drop(lanes, error);
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
    this.lanes.openRemote(id, sink);
  }

  findOpened(id: number): Lane | undefined {
    return this.lanes.findOwn(id);
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
    this.lanes.byNumber.delete(lane.id);
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
    if (number !== 0 && this.down.arrivals.had(number)) {
      apart?.skip();
      return;
    }
    this.up.acknowledge(batch);
    if (batch.credits > 0) eachCredit(batch, (lane, total) => this.lanes.credit(lane, total));
    if (number === 0) {
      apart?.skip();
      return;
    }
    this.owed.receipt = true;
    this.down.arrivals.add(batch);
  }

  dispatch(): void {
    this.down.dispatch();
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
      receipt: this.down.arrivals.receipt,
      selective: this.down.arrivals.selective,
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
    this.undelivered(this.lanes.consumed());
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
    this.down.end();
    this.up.end();
    this.starting = list();
    this.calls.end(error);
    this.lanes.end(error);
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
