// The page's batches: which lanes have something to send, the numbers, and the receipts.

import { behind, clz32, list, max, push, pushAll } from './builtins/base.js';
import { firstOf, SafeSet } from './builtins/collections.js';
import type { Carrier } from './carrier.js';
import { broken } from './errors.js';
import type { Lane } from './lane.js';
import { OutBatch } from './outbatch.js';
import { AHEAD } from './wire.js';
import type { Batch } from './wireread.js';
import type { RunWriter } from './wirewrite.js';

export class Upward {
  lastSent = 0;
  /** Undefined until the session is open. */
  writer: RunWriter | undefined;
  /** Batches that have to go once more. */
  private lost: OutBatch[] = list();
  private readonly unacknowledged = new SafeSet<number>();
  private sending: Lane[] = list();
  /** Lanes that have something in the batch that is being written. */
  private batched: Lane[] = list();

  constructor(
    private readonly carrier: Carrier,
    private readonly control: Lane,
  ) {}

  /** A lane has something to send. */
  queue(lane: Lane): void {
    if (!lane.queued) {
      lane.queued = true;
      if (lane !== this.control) push(this.sending, lane);
    }
    this.carrier.wake();
  }

  /** Writes what a lane has into batches, as far as those go out at once. */
  write(lane: Lane): void {
    const { writer, carrier } = this;
    if (writer === undefined || this.control.queued || this.sending.length > 0) return;
    while (carrier.immediate) {
      const before = writer.length;
      lane.write(writer, writer.capacity, this.batched);
      if (!lane.hasReady) {
        carrier.wake();
        return;
      }
      if (writer.length === 0) return; // the window does not let it pass
      carrier.flush();
      if (writer.length > 0 || before === 0) return;
    }
  }

  /** Takes the receipts of a downward batch. */
  acknowledge(batch: Batch): void {
    const { receipt, selective } = batch;
    const highest = selective === 0 ? receipt : receipt + 2 + (31 - clz32(selective));
    if (highest > this.lastSent) throw broken('a receipt for what was never sent');
    if (this.unacknowledged.size === 0) return;
    this.unacknowledged.forEach((number) => {
      const bit = number - receipt - 2;
      if (number <= receipt || (bit >= 0 && bit < 32 && (selective >>> bit) & 1)) {
        this.unacknowledged.delete(number);
      }
    });
  }

  /** The next batch, if there is something to send now. `urgent`: it may have no runs. */
  next(urgent: boolean): OutBatch | undefined {
    if (this.writer === undefined) return undefined;
    const again: OutBatch | undefined = this.lost[0];
    const number = again === undefined ? this.lastSent + 1 : again.number;
    const oldest = firstOf(this.unacknowledged);
    if (oldest !== undefined && number - oldest >= AHEAD) return undefined;
    if (again !== undefined) {
      this.lost = behind(this.lost, 1);
      this.unacknowledged.add(number);
      return again;
    }
    this.fill(this.writer);
    const empty = this.writer.length === 0;
    if (empty && !urgent) return undefined;
    this.lastSent = number;
    this.unacknowledged.add(number);
    const { batched } = this;
    this.batched = list();
    return new OutBatch(number, empty ? undefined : this.writer.take(), batched);
  }

  /** The control lane first, then the others in turn, each with its share of the room. */
  private fill(writer: RunWriter): void {
    if (this.control.hasReady) this.control.write(writer, writer.capacity, this.batched);
    this.control.queued = false;
    const lanes = this.sending;
    this.sending = list();
    let waiting = lanes.length;
    const rest = list<Lane>();
    for (let i = 0; i < lanes.length; i++) {
      const lane = lanes[i];
      if (lane.hasReady) {
        const before = writer.length;
        const share = max(1, (writer.capacity - writer.length) / waiting);
        lane.write(writer, share, this.batched);
        // Those that got nothing go first next time.
        if (lane.hasReady && writer.length === before) push(this.sending, lane);
        else if (lane.hasReady) push(rest, lane);
        else lane.queued = false;
      } else {
        lane.queued = false;
      }
      waiting--;
    }
    pushAll(this.sending, rest);
  }

  delivered(out: OutBatch): void {
    this.passed(out);
    if (out.runs !== undefined) this.writer?.release(out.runs);
  }

  passed(out: OutBatch): void {
    out.leave();
    this.unacknowledged.delete(out.number);
  }

  /** These have not arrived, and go once more, in the order of their numbers. */
  again(outs: readonly OutBatch[]): void {
    for (let i = 0; i < outs.length; i++) {
      this.unacknowledged.delete(outs[i].number);
      outs[i].comeBack();
    }
    for (let i = 0; i < outs.length; i++) {
      let at = this.lost.length; // in the order of their numbers
      for (; at > 0 && this.lost[at - 1].number > outs[i].number; at--) {
        this.lost[at] = this.lost[at - 1];
      }
      this.lost[at] = outs[i];
    }
  }

  /** The session has ended. */
  end(): void {
    this.lost = list();
    this.sending = list();
  }
}
