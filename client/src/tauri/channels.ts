// Channels as Tauri's package knows them: the number of a callback, which gets `{message, index}`
// for each message and `{end: true, index}` at the end. Behind each stands a channel of ours.

import { bufferOf, isUint8Array } from '../builtins/bytes.js';
import { SafeMap } from '../builtins/collections.js';
import type { PageState } from '../page.js';
import type { Callbacks } from './callbacks.js';

/** One channel, from the call that carries it first. */
export class Forwarder {
  private readonly channel;
  private index = 0;
  /** Calls without a result that carry it. */
  private calls = 0;
  /** A command has had it. */
  private taken = false;
  private over = false;

  constructor(
    page: PageState,
    private readonly run: (data: unknown) => void,
    /** It stands for its callback no longer. */
    private readonly forget: () => void,
    /** It has ended, and so has its callback. */
    private readonly ended: () => void,
  ) {
    this.channel = new page.Channel<unknown>({ own: true });
    this.channel.onmessage = (message) => {
      run({
        message: isUint8Array(message) ? bufferOf(message) : message,
        index: this.index++,
      });
    };
    this.channel.onclose = () => {
      this.over = true;
      if (this.index > 0 || this.taken || this.calls === 0) this.end();
    };
  }

  /** What stands for it in the arguments of the call that is being read. */
  collect(): string {
    return (this.channel as unknown as { toJSON(): string }).toJSON();
  }

  called(): void {
    this.calls++;
  }

  returned(): void {
    this.calls--;
    this.taken = true;
    if (this.over) this.end();
  }

  /** A call that was refused leaves a channel as it was: it may be passed to another one. */
  refused(): void {
    this.calls--;
    if (this.taken || this.calls > 0 || this.index > 0) return;
    this.channel.onclose = undefined;
    this.channel.close();
    this.forget();
  }

  private end(): void {
    this.forget();
    try {
      this.run({ end: true, index: this.index });
    } finally {
      this.ended();
    }
  }
}

export interface Channels {
  /**
   * The channel that an object among the arguments stands for, whose form there is `text`: it names
   * the object's own number, as that of Tauri's Channel does.
   */
  find(original: object, text: string): Forwarder | 'ended' | undefined;
}

export function createChannels(page: PageState, { callbacks }: Callbacks): Channels {
  const forwarders = new SafeMap<number, Forwarder>();
  return {
    find(original, text) {
      const { id } = original as { id?: unknown };
      if (typeof id !== 'number' || text !== `__CHANNEL__:${id}`) return undefined;
      let forwarder = forwarders.get(id);
      if (forwarder !== undefined) return forwarder;
      if (!callbacks.has(id)) return 'ended';
      forwarder = new Forwarder(
        page,
        (data) => callbacks.get(id)?.(data),
        () => forwarders.delete(id),
        () => callbacks.delete(id),
      );
      forwarders.set(id, forwarder);
      return forwarder;
    },
  };
}
