// The one state of a page: kept under a symbol, so that every copy of the package finds it.

import type { Session, Tailrace } from './api.js';
import type { Carrier } from './carrier.js';
import { Channel, take } from './channel.js';
import { Connection, type Timers } from './connection.js';
import { guarded, TailraceError } from './errors.js';
import { invoke } from './invoke.js';

/** Changes when a copy of the package could no longer use the state of another. */
export const API = 1;
export const KEY = Symbol.for('tailrace');

/** What stands under KEY. */
export interface PageState extends Tailrace {
  readonly api: number;
}

export interface PageOptions {
  /** Makes the carrier of a new session. */
  carrier(): Carrier;
  readonly clock: Timers;
}

/** The page's client: it says hello at once, and again when `restored` is called. */
export function createPage(options: PageOptions): { state: PageState; restored(): void } {
  const session = {
    onended: undefined as Session['onended'],
    get state() {
      return connection.state;
    },
    get label() {
      return connection.label;
    },
  };
  const connect = () =>
    new Connection(options.carrier(), options.clock, (error) => guarded(session.onended, error));
  let connection = connect();
  const state: PageState = {
    api: API,
    invoke: (cmd, args, settings) => invoke(connection, cmd, args, settings),
    Channel,
    take,
    TailraceError,
    session,
  };
  const restored = () => {
    const old = connection;
    connection = connect();
    old.end(
      new TailraceError('restored', 'the page came back from the back-forward cache: call again'),
    );
  };
  return { state, restored };
}
