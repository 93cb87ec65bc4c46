// The client's own classes, which no page is to get at. Those that pages are given are not here:
// Channel, its subclass for resumable ones, and TailraceError.

import { Arrivals } from './arrivals.js';
import { seclude } from './builtins/base.js';
import { Aborter } from './builtins/dom.js';
import { Calls } from './calls.js';
import { ChannelCore } from './channel.js';
import { Connection } from './connection.js';
import { ControlSink } from './control.js';
import { Events } from './events.js';
import { HttpCarrier } from './http.js';
import { BodySink, Lane } from './lane.js';
import { Level } from './level.js';
import { Numbers } from './numbers.js';
import { OutBatch } from './outbatch.js';
import { Owed } from './owed.js';
import { Checkpoint, Rest, ShmCarrier } from './shm.js';
import { Upward } from './upward.js';
import { Kept, RunWriter } from './wire.js';

export function secludeAll(): void {
  const all = [
    Arrivals,
    Aborter,
    Calls,
    ChannelCore,
    Connection,
    ControlSink,
    Events,
    HttpCarrier,
    Lane,
    BodySink,
    Level,
    Numbers,
    OutBatch,
    Owed,
    ShmCarrier,
    Checkpoint,
    Rest,
    Upward,
    Kept,
    RunWriter,
  ];
  for (let i = 0; i < all.length; i++) seclude(all[i]);
}
