// Channels, as a user holds them. What a lane feeds is in channelcore.ts.

import type { Bytes, ChannelOptions, Channel as PublicChannel } from './api.js';
import { bufferOf, copyOf, isExact } from './builtins/bytes.js';
import { laneInside } from './channelargs.js';
import { ChannelCore, type Message } from './channelcore.js';
import { callable, TailraceError } from './errors.js';
import { keepLevels, Levelled } from './level.js';
import { isPinned } from './pinned.js';

/** Options that are properties of a channel, too. */
const LEVELS = [
  'bufferedAmountHighThreshold',
  'onbufferedamounthigh',
  'bufferedAmountLowThreshold',
  'onbufferedamountlow',
  'unreadAmountHighThreshold',
  'onunreadamounthigh',
  'unreadAmountLowThreshold',
  'onunreadamountlow',
] as const;

/** The client's side of a channel. */
export let coreOf: (channel: Levelled) => ChannelCore;

function giveCores(of: typeof coreOf): void {
  coreOf = of;
  keepLevels(of);
}

export class Channel<In = unknown, Out = In> extends Levelled implements PublicChannel<In, Out> {
  // It leads to the session and its carrier: not even a subclass of the page's gets it.
  readonly #core: ChannelCore;

  constructor(onmessage?: ((message: In) => void) | ChannelOptions<In>) {
    const options = typeof onmessage === 'function' ? { onmessage } : (onmessage ?? {});
    if (options.own === true && options.borrow === true) {
      throw new TailraceError('invalid_args', 'a channel has either `own` or `borrow`');
    }
    super();
    const core = new ChannelCore(options.own === true, options.borrow === true);
    core.onmessage = callable(options.onmessage) as Message | undefined;
    this.#core = core;
    // Here, as older engines have no static block, and for them #core would become a WeakMap, whose
    // methods a page replaces.
    if (coreOf === undefined) giveCores((channel) => (channel as Channel).#core);
    for (let i = 0; i < LEVELS.length; i++) {
      const value = options[LEVELS[i]];
      if (value !== undefined) (this as Record<string, unknown>)[LEVELS[i]] = value;
    }
  }

  get onmessage(): ((message: In) => void) | undefined {
    return this.#core.onmessage;
  }

  set onmessage(callback: ((message: In) => void) | undefined) {
    this.#core.setOnmessage(callback as Message | undefined);
  }

  get onclose(): ((error?: TailraceError) => void) | undefined {
    return this.#core.onclose;
  }

  set onclose(callback: ((error?: TailraceError) => void) | undefined) {
    this.#core.onclose = callable(callback);
  }

  get onerror(): ((error: TailraceError) => void) | undefined {
    return this.#core.onerror;
  }

  set onerror(callback: ((error: TailraceError) => void) | undefined) {
    this.#core.onerror = callable(callback);
  }

  get id(): number | undefined {
    return this.#core.lane?.id;
  }

  get closed(): boolean {
    return this.#core.closed;
  }

  close(): void {
    this.#core.close();
  }

  send(message: Out): Promise<void> {
    return this.#core.send(message);
  }

  trySend(message: Out): boolean {
    return this.#core.trySend(message);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<In> {
    return this.#core.iterate() as AsyncIterableIterator<In>;
  }

  toJSON(): string {
    return laneInside(this.#core);
  }
}

/** The same bytes with an exact buffer of their own; the message itself if it has one already. */
export function take(message: Uint8Array): Bytes {
  return isExact(message) && !isPinned(bufferOf(message)) ? message : copyOf(message);
}
