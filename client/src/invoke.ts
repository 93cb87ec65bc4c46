// Calls of Go commands.

import type { InvokeOptions } from './api.js';
import {
  cutText,
  encodeText,
  isArray,
  iterator,
  keysOf,
  list,
  lowerCase,
  push,
  toText,
} from './builtins/base.js';
import { copyInto, copyOf, lengthOf, NativeUint8Array } from './builtins/bytes.js';
import { eachOfMap, isMap, SafeMap, SafeSet } from './builtins/collections.js';
import { eachHeader, tell } from './builtins/dom.js';
import { type Replacer, stringify } from './builtins/json.js';
import { NativePromise } from './builtins/promises.js';
import { refuseNested, stringifyWithChannels } from './channelargs.js';
import type { ChannelCore } from './channelcore.js';
import { givenBytes } from './channelmessage.js';
import type { Connection } from './connection.js';
import { TailraceError, whenAborted } from './errors.js';
import type { Lane } from './lane.js';
import { withoutAnswer } from './laneout.js';
import { BYTES, INVOKE } from './wire.js';

/** The longest raw argument that stands in the invoke itself; a longer one gets a lane. */
const INLINE = 65536;
/** The longest envelope, in bytes: a longer one is a broken rule. */
const MAX_ENVELOPE = 256 << 10;
/** The longest name of a command, in bytes of UTF-8. */
const LONGEST = 1024;
/**
 * A call that waits so long while its own channel is not read is probably waiting for the reader.
 */
const BOTH_WAIT = 2000;

let warned = false;

/**
 * The envelopes of calls without headers and channels, by the command's name and the body's form:
 * most are called again.
 */
const envelopes = new SafeMap<string, Uint8Array>();
/** So many are kept, of names up to so long. */
const ENVELOPES = 256;
const LONGEST_NAME = 128;

interface Arguments {
  readonly form: 'json' | 'bytes' | 'lane';
  readonly body: Uint8Array;
  /** Channels inside, each once. */
  readonly channels: readonly ChannelCore[];
  /** Lanes that the invoke opens. */
  readonly opens: readonly Lane[];
}

/** `invoke` of the page, whatever its connection is at the moment. */
export type Call = <T = unknown>(
  cmd: string,
  args?: object,
  options?: InvokeOptions,
  replacer?: Replacer,
) => Promise<T>;

export function invoke<T>(
  connection: Connection,
  cmd: string,
  args: object | undefined,
  options: InvokeOptions | undefined,
  replacer?: Replacer,
): Promise<T> {
  return new NativePromise<T>((resolve, reject) => {
    if (connection.error !== undefined) throw connection.error;
    if (typeof cmd !== 'string') throw new TailraceError('invalid_args', 'cmd is not a string');
    checkName(cmd);
    const signal = options?.signal;
    const headers = readHeaders(options?.headers);
    // What is read is the user's code, too: a toJSON may abort.
    let early: { reason: unknown } | undefined;
    let cancel = (reason: unknown) => {
      early = { reason };
    };
    const unlisten = signal && whenAborted(signal, (reason) => cancel(reason));
    let read: Arguments;
    try {
      read = readArguments(connection, args, replacer);
    } catch (error) {
      unlisten?.();
      throw error;
    }

    let timer: unknown;
    const done = () => {
      unlisten?.();
      connection.stopTimer(timer);
    };
    const id = connection.addCall({
      resolve: (result) => {
        done();
        resolve(result as T);
      },
      reject: (error) => {
        done();
        reject(error);
      },
    });
    cancel = (reason) => {
      connection.cancelCall(id);
      done();
      reject(reason);
    };
    if (early !== undefined) cancel(early.reason);

    const watch = () => {
      timer = connection.startTimer(() => {
        if (warned) return;
        if (!some(read.channels, (channel) => channel.unread)) {
          watch();
          return;
        }
        warned = true;
        tell(
          'warn',
          `tailrace: invoke('${cmd}') has waited ${BOTH_WAIT / 1000} s, ` +
            'and a channel passed to it has messages that nobody reads. ' +
            'Its result may come after those: ' +
            'begin to read the channel before awaiting the command.',
        );
      }, BOTH_WAIT);
    };
    if (read.channels.length > 0 && early === undefined) watch();

    connection.startCall(id, {
      start: () => sendInvoke(connection, id, cmd, headers, read),
      drop: () =>
        connection.undoOpen(
          read.opens,
          new TailraceError(
            'cancelled',
            'the command that would have opened this channel was cancelled',
          ),
        ),
    });
  });
}

/** Throws for a name that no command can have. */
function checkName(cmd: string): void {
  if (3 * cmd.length <= LONGEST) return; // a character is three bytes at most
  const length = lengthOf(encodeText(cmd));
  if (length <= LONGEST) return;
  throw new TailraceError(
    'unknown_command',
    `there is no command "${cutText(cmd, 0, 40)}…", whose name has ${length} bytes: ` +
      `no name has more than ${LONGEST}`,
  );
}

function sendInvoke(
  connection: Connection,
  id: number,
  cmd: string,
  headers: Record<string, string> | undefined,
  { form, body, channels, opens }: Arguments,
): void {
  const lane = form === 'lane' ? opens[0] : undefined;
  const length = lengthOf(body);
  if (some(channels, (c) => c.lane !== undefined && !connection.has(c.lane))) {
    const gone = new TailraceError(
      'channel_ended',
      'the command that would have opened this channel was cancelled',
    );
    connection.undoOpen(opens, gone);
    connection.settle(id)?.reject(gone);
    return;
  }
  const plain = headers === undefined && channels.length === 0 && lane === undefined;
  const envelope = plain
    ? plainEnvelope(cmd, form)
    : encodeText(
        stringify({
          cmd,
          headers,
          channels: lanesOf(channels, false),
          borrow: lanesOf(channels, true),
          body: form,
          lane: lane?.id,
          length: lane && length,
        }) as string,
      );
  const envelopeLength = lengthOf(envelope);
  const start = 8 + envelopeLength;
  const total = lane === undefined ? start + length : start;
  const payload = new NativeUint8Array(total);
  putWord(payload, 0, id);
  putWord(payload, 4, envelopeLength);
  copyInto(payload, envelope, 8);
  if (lane === undefined) copyInto(payload, body, start);
  const tooLarge =
    envelopeLength > MAX_ENVELOPE
      ? new TailraceError(
          'too_large',
          `the command's name, headers and channels have ${envelopeLength} bytes, the limit is ` +
            `${MAX_ENVELOPE}: pass large values as arguments`,
        )
      : (connection.tooLarge(total) ?? connection.tooLarge(length));
  if (tooLarge !== undefined) {
    connection.undoOpen(opens, tooLarge);
    connection.settle(id)?.reject(tooLarge);
    return;
  }
  connection.sendControl(INVOKE, payload, opens);
  if (lane !== undefined) {
    lane.send(withoutAnswer(BYTES, body));
    lane.close();
  }
}

function plainEnvelope(cmd: string, form: string): Uint8Array {
  const key = `${form} ${cmd}`;
  let envelope = envelopes.get(key);
  if (envelope === undefined) {
    envelope = encodeText(stringify({ cmd, body: form }) as string);
    if (envelopes.size < ENVELOPES && cmd.length <= LONGEST_NAME) envelopes.set(key, envelope);
  }
  return envelope;
}

/** Little-endian. A view of 32-bit words would cost more than it saves. */
function putWord(u8: Uint8Array, at: number, value: number): void {
  u8[at] = value;
  u8[at + 1] = value >>> 8;
  u8[at + 2] = value >>> 16;
  u8[at + 3] = value >>> 24;
}

/** The lanes of all channels, or of those that borrow; undefined: there are none. */
function lanesOf(channels: readonly ChannelCore[], borrow: boolean) {
  const lanes = list<number | undefined>();
  for (let i = 0; i < channels.length; i++) {
    if (!borrow || channels[i].borrow) push(lanes, channels[i].lane?.id);
  }
  return lanes.length > 0 ? lanes : undefined;
}

function some(channels: readonly ChannelCore[], test: (channel: ChannelCore) => boolean): boolean {
  for (let i = 0; i < channels.length; i++) if (test(channels[i])) return true;
  return false;
}

/** Takes the arguments as they are now: later changes do not count. */
function readArguments(
  connection: Connection,
  args: unknown,
  replacer: Replacer | undefined,
): Arguments {
  const bytes = givenBytes(args, 'invalid_args');
  if (bytes !== undefined) {
    const body = copyOf(bytes);
    // As with JSON: the lane that it would open must not stand behind those of the other.
    refuseNested();
    if (lengthOf(body) <= INLINE) return { form: 'bytes', body, channels: list(), opens: list() };
    return { form: 'lane', body, channels: [], opens: [connection.openBody()] };
  }
  const channels = list<ChannelCore>();
  const opens = list<Lane>();
  const named = new SafeSet<ChannelCore>();
  const opened = new SafeSet<ChannelCore>();
  try {
    const collect = (channel: ChannelCore) => {
      if (channel.closed) {
        throw new TailraceError('channel_ended', 'a channel inside the arguments has ended');
      }
      let lane = channel.lane;
      if (lane === undefined) {
        lane = connection.openLane(channel);
        channel.lane = lane;
        push(opens, lane);
        opened.add(channel);
      }
      if (!named.has(channel)) {
        named.add(channel);
        push(channels, channel);
      }
      return lane.id;
    };
    const text = stringifyWithChannels(args ?? null, collect, replacer);
    if (text === undefined) throw new TailraceError('invalid_args', 'args has no JSON form');
    for (let i = 0; i < channels.length; i++) channels[i].attached();
    return { form: 'json', body: encodeText(text), channels, opens };
  } catch (error) {
    for (let i = 0; i < channels.length; i++) {
      if (opened.has(channels[i])) channels[i].lane = undefined;
    }
    connection.undoLanes(opens);
    throw error;
  }
}

function readHeaders(headers: InvokeOptions['headers']): Record<string, string> | undefined {
  if (headers === undefined || headers === null) return undefined;
  const result = { __proto__: null } as unknown as Record<string, string>;
  const add = (value: unknown, given: unknown) => {
    const name = lowerCase(toText(given));
    const before = result[name];
    // As Headers does it.
    result[name] = before === undefined ? toText(value) : `${before}, ${toText(value)}`;
  };
  if (eachHeader(headers, add)) return result;
  if (isMap(headers)) {
    eachOfMap(headers, add);
  } else if (isArray(headers)) {
    for (let i = 0; i < headers.length; i++) add(headers[i][1], headers[i][0]);
  } else if (iterator in headers) {
    const entries = (headers as Iterable<readonly [string, string]>)[iterator]();
    for (;;) {
      const { done, value } = entries.next();
      if (done === true) break;
      add(value[1], value[0]);
    }
  } else {
    const names = keysOf(headers);
    for (let i = 0; i < names.length; i++)
      add((headers as Record<string, string>)[names[i]], names[i]);
  }
  return result;
}
