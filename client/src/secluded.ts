// The client's own classes: their objects have no methods but these, and no page changes one.
// Pages get no object of most. They do get Events, with the maps and Numbers that it holds, under
// KEY, where the modules under Tauri's names find it: it leads to what a page may call anyway, by
// no more than the page's own session. Those that pages may change are not here: Channel, its
// subclass for resumable ones, and TailraceError.

import { Arrivals } from './arrivals.js';
import { seclude } from './builtins/base.js';
import { Aborter } from './builtins/dom.js';
import { Calls } from './calls.js';
import { ChannelCore } from './channelcore.js';
import { Connection } from './connection.js';
import { ControlSink } from './control.js';
import { Downward } from './downward.js';
import { Events } from './events.js';
import { HttpCarrier } from './http.js';
import { HttpRequests } from './httprequests.js';
import { Lane } from './lane.js';
import { Lanes } from './lanes.js';
import { BodySink } from './lanesink.js';
import { Level } from './level.js';
import { Numbers } from './numbers.js';
import { OutBatch } from './outbatch.js';
import { Owed } from './owed.js';
import { Checkpoint, ShmCarrier } from './shm.js';
import { Rest } from './shmmemory.js';
import { Upward } from './upward.js';
import { Kept } from './wireread.js';
import { RunWriter } from './wirewrite.js';

export function secludeAll(): void {
  const all = [
    Arrivals,
    Aborter,
    Calls,
    ChannelCore,
    Connection,
    ControlSink,
    Downward,
    Events,
    HttpCarrier,
    HttpRequests,
    Lane,
    BodySink,
    Lanes,
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
