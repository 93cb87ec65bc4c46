// What the package gives where there is no session: outside of a Tailrace window.

import type { Channel as PublicChannel, Tailrace } from './api.js';
import { rejected } from './builtins/promises.js';
import { Channel, take } from './channel.js';
import { TailraceError } from './errors.js';
import { pageWindow } from './eventapi.js';

export function absent(code: string, message: string): Tailrace {
  const error = () => new TailraceError(code, message);
  class AbsentChannel<In, Out> extends Channel<In, Out> implements PublicChannel<In, Out> {
    override send(): Promise<void> {
      return rejected(error());
    }
    override trySend(): boolean {
      throw error();
    }
    override [Symbol.asyncIterator](): AsyncIterableIterator<In> {
      throw error();
    }
  }
  const refuse = () => rejected(error());
  const events = { listen: refuse, once: refuse, emit: refuse, emitTo: refuse };
  return {
    invoke: refuse,
    Channel: AbsentChannel,
    take,
    resume: refuse,
    TailraceError,
    session: { state: 'ended', label: undefined, onended: undefined },
    ...events,
    currentWindow: () => pageWindow(events, undefined),
    ready: refuse,
  };
}
