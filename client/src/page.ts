// The one state of a page: kept under a symbol, so that every copy of the package finds it.

import type { Session, Tailrace } from './api.js';
import type { Carrier } from './carrier.js';
import { Channel, take } from './channel.js';
import { Connection } from './connection.js';
import { refuseEarly, watchSession } from './early.js';
import { guarded, TailraceError } from './errors.js';
import { eventApi } from './eventapi.js';
import { Events } from './events.js';
import { type Call, invoke } from './invoke.js';
import { API } from './key.js';
import { createResume } from './resume.js';
import type { Timers } from './timers.js';

/** What stands under KEY. */
export interface PageState extends Tailrace {
  readonly api: number;
  /** For the modules under Tauri's names, which number listeners themselves. */
  readonly events: Events;
  /**
   * `invoke` with a replacer for the arguments' JSON, and null as the result of a command without
   * one.
   */
  readonly call: Call;
}

export interface PageOptions {
  /** Makes the carrier of a new session. */
  carrier(): Carrier;
  readonly clock: Timers;
  /** Whether the page itself says when it is ready. Default: it does not. */
  readonly manual?: (() => boolean) | undefined;
  /** Where the numbers of calls, channels and listeners begin, for tests. Default: 1. */
  readonly first?: number;
  /** The window's label, if it is known before hello. */
  readonly label?: string | undefined;
}

/** The page's client: it says hello at once, and again when `restored` is called. */
export function createPage(options: PageOptions): {
  state: PageState;
  restored(): void;
  /** The page will be left when its listeners have been called. */
  beginLeave(): void;
  /** The page is being left: what was sent goes now. `last`: nothing more is accepted. */
  leave(last: boolean): void;
} {
  // Now: what is not among them would be looked for in Object.prototype.
  const { clock, carrier, manual, first, label } = options;
  const session = {
    onended: undefined as Session['onended'],
    get state() {
      return connection.state;
    },
    get label() {
      return connection.label ?? label;
    },
  };
  const connect = () =>
    new Connection(
      carrier(),
      clock,
      {
        parsedEvent: (sub, value) => events.deliverValue(sub, value),
        event: (subs, binary, payload) => events.deliver(subs, binary, payload),
        ended: (error) => {
          refuseEarly(error);
          guarded(session.onended, error);
        },
      },
      first,
    );
  const call: Call = (cmd, args, settings, replacer) => {
    events.calling();
    return invoke(connection, cmd, args, settings, replacer);
  };
  const events = new Events(call, clock, manual ?? (() => false), first);
  let connection = connect();
  watchSession(() => connection.error);
  const state: PageState = {
    api: API,
    invoke: (cmd, args, settings) => call(cmd, args, settings),
    Channel,
    take,
    resume: createResume(call, clock),
    TailraceError,
    session,
    ...eventApi(events, () => session.label),
    events,
    call,
  };
  const restored = () => {
    const old = connection;
    connection = connect();
    events.restored(() =>
      old.end(
        new TailraceError('restored', 'the page came back from the back-forward cache: call again'),
      ),
    );
  };
  return {
    state,
    restored,
    beginLeave: () => connection.beginLeave(),
    leave: (last) => connection.leave(last),
  };
}
