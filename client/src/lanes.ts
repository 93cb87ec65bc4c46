// The lanes of a session by their numbers: those that the page opens are odd, Go's are even, and
// none is used again. Both sides tell from a number whether its lane is new, open or gone.

import { list, min, push } from './builtins/base.js';
import { SafeMap } from './builtins/collections.js';
import { broken, TailraceError } from './errors.js';
import { Lane, type LaneOwner } from './lane.js';
import type { Sink } from './lanesink.js';
import { LAST_NUMBER } from './numbers.js';

export class Lanes {
  /** How many the page may open; hello tells. */
  most = 2 ** 53 - 1;
  readonly byNumber = new SafeMap<number, Lane>();
  /** The number of the page's next one. */
  private next: number;
  private highestRemote = 0;

  constructor(
    private readonly owner: LaneOwner,
    control: Lane,
    first: number,
  ) {
    this.next = first % 2 === 0 ? first + 1 : first;
    this.byNumber.set(0, control);
  }

  /** A lane of the page's own. Its number is the next one; `undo` takes numbers back. */
  open(sink: Sink): Lane {
    if (this.byNumber.size > this.most) {
      throw new TailraceError('too_many_lanes', `more than ${this.most} open channels`);
    }
    if (this.next > LAST_NUMBER) {
      throw new TailraceError(
        'too_many_lanes',
        'all numbers of channels are used: reload the page',
      );
    }
    const lane = new Lane(this.next, this.owner, sink);
    this.next += 2;
    this.byNumber.set(lane.id, lane);
    return lane;
  }

  /** Forgets the newest lanes, which nobody has been told of. */
  undo(lanes: readonly Lane[]): void {
    for (let i = 0; i < lanes.length; i++) {
      this.byNumber.delete(lanes[i].id);
      this.next = min(this.next, lanes[i].id);
    }
  }

  /** These end before Go has been told of them; their numbers stay used. */
  drop(lanes: readonly Lane[], error: TailraceError): void {
    for (let i = 0; i < lanes.length; i++) {
      this.byNumber.delete(lanes[i].id);
      lanes[i].end(error);
    }
  }

  /** Go opens a lane. */
  openRemote(id: number, sink: Sink): void {
    if (id === 0 || id % 2 !== 0 || id <= this.highestRemote)
      throw broken(`lane ${id} cannot be opened`);
    this.highestRemote = id;
    const lane = new Lane(id, this.owner, sink);
    lane.named = true;
    this.byNumber.set(id, lane);
  }

  /** One of the page's own; undefined: it is gone already. Throws if there never was one. */
  findOwn(id: number): Lane | undefined {
    if (id % 2 === 0 || id >= this.next) throw broken(`open of lane ${id}`);
    return this.byNumber.get(id);
  }

  credit(id: number, total: number): void {
    const lane = this.byNumber.get(id);
    if (lane !== undefined) lane.credit(total);
    else if (!this.wasThere(id)) throw broken(`a credit for the unknown lane ${id}`);
  }

  /** Whether the frames before number `end` were handed out. `lane`: if it is open. */
  handedOut(id: number, lane: Lane | undefined, end: number): boolean {
    return lane === undefined ? this.wasThere(id) : end <= lane.nextIn;
  }

  private wasThere(id: number): boolean {
    return id % 2 === 1 ? id < this.next : id <= this.highestRemote;
  }

  /** Those that have had messages. */
  consumed(): Lane[] {
    const lanes = list<Lane>();
    this.byNumber.forEach((lane) => {
      if (lane.consumed > 0) push(lanes, lane);
    });
    return lanes;
  }

  /** The session has ended. */
  end(error: TailraceError): void {
    const lanes = list<Lane>();
    this.byNumber.forEach((lane) => {
      push(lanes, lane);
    });
    this.byNumber.clear();
    for (let i = 0; i < lanes.length; i++) lanes[i].end(error);
  }
}
