// Resumable channels: the page attaches by name, and knows the sequence of each message.

import type { Resume, ResumedChannel, ResumeOptions } from './api.js';
import { asyncIterator } from './builtins/base.js';
import { firstKeyOf, SafeMap } from './builtins/collections.js';
import { ignored, NativePromise, rejected, safe, settled } from './builtins/promises.js';
import { Channel, coreOf } from './channel.js';
import { guarded, TailraceError, whenAborted } from './errors.js';
import type { Call } from './invoke.js';
import type { Timers } from './timers.js';

/** The command by which a page attaches. */
const COMMAND = 'plugin:tailrace|resume';

/** A channel's first message. */
interface Head {
  /** The sequence of the message that follows. */
  readonly first: number;
  /** Which of the channels that had this name it is. */
  readonly generation: number;
}

/** How far this page has come in one of the channels that had a name. */
interface Place {
  generation: number;
  sequence: number;
}

/** The places of so many names are kept: of those before, Go knows how far the window came. */
const PLACES = 1024;

type Callback<T> = ((message: T) => void) | undefined;

class Resumed<T> extends Channel<T, never> implements ResumedChannel<T> {
  /** Resolves with nothing: whoever resolves a promise asks an object for a `then`. */
  readonly head: Promise<void>;
  /** Not the channel itself is remembered: one that has ended can go. */
  readonly place: Place = { generation: 0, sequence: 0 };
  private callback: Callback<T>;
  private over = false; // it ended before anybody listened
  private error: TailraceError | undefined;
  private waiting: ((error?: TailraceError) => void) | undefined;
  private passed = false;

  constructor({ onmessage: _later, ...options }: ResumeOptions<T>) {
    super(options);
    const core = coreOf(this);
    this.head = new NativePromise((resolve, reject) => {
      core.onmessage = (message) => {
        const head = message as Head;
        this.place.generation = head.generation;
        this.place.sequence = head.first - 1;
        core.onmessage = undefined; // what follows waits for the reader
        resolve();
      };
      this.waiting = (error) => {
        this.over = true;
        this.error = error;
        reject(error ?? new TailraceError('channel_ended', 'the channel has ended'));
      };
    });
    core.onclose = this.waiting;
  }

  /** The page has it: from now on its callbacks may be called. */
  begin({ onmessage, onerror, onclose }: ResumeOptions<T>): void {
    this.onerror ??= onerror;
    if (this.onclose === this.waiting) this.onclose = onclose;
    if (this.onmessage === undefined && onmessage !== undefined) this.onmessage = onmessage;
    if (!this.over) return;
    if (this.error !== undefined) guarded(this.onerror, this.error);
    guarded(this.onclose, this.error);
  }

  get sequence(): number {
    return this.place.sequence;
  }

  override get onmessage(): Callback<T> {
    return this.callback;
  }

  override set onmessage(callback: Callback<T>) {
    this.callback = callback;
    coreOf(this).setOnmessage(
      callback &&
        ((message) => {
          this.place.sequence++;
          callback(message as T);
        }),
    );
  }

  override [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    const messages = super[Symbol.asyncIterator]();
    const iterator: AsyncIterableIterator<T> = {
      next: async () => {
        const result = await safe(messages.next());
        if (result.done !== true) this.place.sequence++;
        return result;
      },
      return: async () => {
        this.close();
        return { value: undefined, done: true };
      },
      [asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /**
   * Tells Go how far this page has come: what is unread will be dropped here, and must not look
   * consumed.
   */
  override close(): void {
    const core = coreOf(this);
    if (!this.closed) core.trySend(this.place.sequence);
    if (core.lane !== undefined) core.lane.muted = true;
    super.close();
  }

  /** Aborting the signal closes the channel. Throws its reason if it has aborted. */
  endWith(signal: AbortSignal): void {
    coreOf(this).over = whenAborted(signal, () => this.close());
  }

  override send(): Promise<void> {
    return rejected(
      new TailraceError('one_way', 'the Go side does not receive on a resumable channel'),
    );
  }

  override trySend(): boolean {
    return false;
  }

  override toJSON(): string {
    if (this.passed) {
      throw new TailraceError('invalid_args', 'a resumed channel cannot be passed to a command');
    }
    this.passed = true;
    return super.toJSON();
  }
}

export function createResume(call: Call, clock: Pick<Timers, 'task'>): Resume {
  /**
   * Where this page is in each channel: it knows better than Go where it stopped. The one that was
   * used last stands last.
   */
  const known = new SafeMap<string, Place>();
  const remember = (key: string, place: Place) => {
    known.delete(key);
    known.set(key, place);
    const oldest = known.size > PLACES ? firstKeyOf(known) : undefined;
    if (oldest !== undefined) known.delete(oldest);
  };

  return async <T>(name: string, options: ResumeOptions<T> = {}): Promise<ResumedChannel<T>> => {
    const { from = 'last', observer = false, signal } = options;
    const key = `${observer ? 'o' : 'r'}:${name}`;
    const before = from === 'last' ? known.get(key) : undefined;
    const stopped = before && { generation: before.generation, sequence: before.sequence };
    const channel = new Resumed<T>(options);
    try {
      // First the call: the end of the channel that a refusal brings may come before the refusal.
      ignored(channel.head);
      const args = { name, from, observer, stopped, channel };
      await safe(call(COMMAND, args, signal === undefined ? {} : { signal }));
      await safe(channel.head);
      if (signal !== undefined) channel.endWith(signal);
      remember(key, channel.place);
    } catch (error) {
      // Not before the head: what comes behind it is dropped, and Go must learn that nothing of it
      // was handed out.
      const close = () => channel.close();
      void settled(channel.head, close, close);
      throw error;
    }
    clock.task(() => channel.begin(options)); // who awaits the channel has it by then
    return channel;
  };
}
