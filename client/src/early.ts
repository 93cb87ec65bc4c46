// Messages for channels that no call has had yet. They wait for one, but not beyond the session.

import { list, push } from './builtins/base.js';
import { SafeSet } from './builtins/collections.js';
import type { TailraceError } from './errors.js';

/** A channel with such messages. */
export interface Early {
  refuseEarly(error: TailraceError): void;
}

const waiting = new SafeSet<Early>();
let over: () => TailraceError | undefined = () => undefined;

/** The page has a client: `error` tells why its session has ended, if it has. */
export function watchSession(error: () => TailraceError | undefined): void {
  over = error;
}

/** The session has ended. */
export function refuseEarly(error: TailraceError): void {
  const channels = list<Early>();
  waiting.forEach((channel) => {
    push(channels, channel);
  });
  waiting.clear();
  for (let i = 0; i < channels.length; i++) channels[i].refuseEarly(error);
}

/** The channel waits from now on. Gives the error of the session if there is none any more. */
export function waitForCall(channel: Early): TailraceError | undefined {
  const error = over();
  if (error === undefined) waiting.add(channel);
  return error;
}

export function waitNoMore(channel: Early): void {
  waiting.delete(channel);
}
