// Calls of Go commands.

import type { InvokeOptions } from './api.js';
import { type ChannelCore, type Replacer, refuseNested, stringifyWithChannels } from './channel.js';
import type { Connection } from './connection.js';
import { TailraceError } from './errors.js';
import type { Lane } from './lane.js';
import { BYTES, INVOKE } from './wire.js';

/** The longest raw argument that stands in the invoke itself; a longer one gets a lane. */
const INLINE = 65536;
/** The longest envelope, in bytes: a longer one is a broken rule. */
const MAX_ENVELOPE = 256 << 10;
/** The longest name of a command, in bytes of UTF-8. */
const LONGEST = 1024;
/** A call that waits so long while its own channel is not read is probably waiting for the reader. */
const BOTH_WAIT = 2000;

const encoder = new TextEncoder();
let warned = false;

/** The envelopes of calls without headers and channels, by the command's name and the body's form: most are called again. */
const envelopes = new Map<string, Uint8Array>();
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
  return new Promise<T>((resolve, reject) => {
    const signal = options?.signal;
    if (connection.error !== undefined) throw connection.error;
    if (signal?.aborted) throw signal.reason;
    if (typeof cmd !== 'string') throw new TailraceError('invalid_args', 'cmd is not a string');
    checkName(cmd);
    const headers = readHeaders(options?.headers);
    const read = readArguments(connection, args, replacer);

    let timer: unknown;
    const done = () => {
      signal?.removeEventListener('abort', cancel);
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
    const cancel = () => {
      connection.cancelCall(id);
      done();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', cancel, { once: true });

    const watch = () => {
      timer = connection.startTimer(() => {
        if (warned) return;
        if (!read.channels.some((channel) => channel.unread)) {
          watch();
          return;
        }
        warned = true;
        console.warn(
          `tailrace: invoke('${cmd}') has waited ${BOTH_WAIT / 1000} s, and a channel passed to it has messages that nobody reads. ` +
            'Its result may come after those: begin to read the channel before awaiting the command.',
        );
      }, BOTH_WAIT);
    };
    if (read.channels.length > 0) watch();

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
  const { length } = encoder.encode(cmd);
  if (length <= LONGEST) return;
  throw new TailraceError(
    'unknown_command',
    `there is no command "${cmd.slice(0, 40)}…", whose name has ${length} bytes: no name has more than ${LONGEST}`,
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
  if (channels.some((c) => c.lane !== undefined && !connection.has(c.lane))) {
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
    : encoder.encode(
        JSON.stringify({
          cmd,
          headers,
          channels: lanesOf(channels),
          borrow: lanesOf(channels.filter((channel) => channel.borrow)),
          body: form,
          lane: lane?.id,
          length: lane && body.length,
        }),
      );
  const start = 8 + envelope.length;
  const payload = new Uint8Array(lane === undefined ? start + body.length : start);
  putWord(payload, 0, id);
  putWord(payload, 4, envelope.length);
  payload.set(envelope, 8);
  if (lane === undefined) payload.set(body, start);
  const tooLarge =
    envelope.length > MAX_ENVELOPE
      ? new TailraceError(
          'too_large',
          `the command's name, headers and channels have ${envelope.length} bytes, the limit is ${MAX_ENVELOPE}: pass large values as arguments`,
        )
      : (connection.tooLarge(payload.length) ?? connection.tooLarge(body.length));
  if (tooLarge !== undefined) {
    connection.undoOpen(opens, tooLarge);
    connection.settle(id)?.reject(tooLarge);
    return;
  }
  connection.sendControl(INVOKE, payload, opens);
  if (lane !== undefined) {
    lane.send({ kind: BYTES, payload: body });
    lane.close();
  }
}

function plainEnvelope(cmd: string, form: string): Uint8Array {
  const key = `${form} ${cmd}`;
  let envelope = envelopes.get(key);
  if (envelope === undefined) {
    envelope = encoder.encode(JSON.stringify({ cmd, body: form }));
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

function lanesOf(channels: readonly ChannelCore[]): (number | undefined)[] | undefined {
  return channels.length > 0 ? channels.map((channel) => channel.lane?.id) : undefined;
}

/** Takes the arguments as they are now: later changes do not count. */
function readArguments(
  connection: Connection,
  args: unknown,
  replacer: Replacer | undefined,
): Arguments {
  let body: Uint8Array | undefined;
  if (args instanceof ArrayBuffer) {
    body = new Uint8Array(args.slice(0));
  } else if (ArrayBuffer.isView(args)) {
    body = new Uint8Array(args.buffer, args.byteOffset, args.byteLength).slice();
  }
  if (body !== undefined) {
    refuseNested(); // as with JSON: the lane that it would open must not stand behind those of the other
    if (body.length <= INLINE) return { form: 'bytes', body, channels: [], opens: [] };
    return { form: 'lane', body, channels: [], opens: [connection.openBody()] };
  }
  const channels: ChannelCore[] = [];
  const opens: Lane[] = [];
  try {
    const collect = (channel: ChannelCore) => {
      if (channel.closed) {
        throw new TailraceError('channel_ended', 'a channel inside the arguments has ended');
      }
      let lane = channel.lane;
      if (lane === undefined) {
        lane = connection.openLane(channel);
        channel.lane = lane;
        opens.push(lane);
      }
      if (!channels.includes(channel)) channels.push(channel);
      return lane.id;
    };
    const text = stringifyWithChannels(args ?? null, collect, replacer);
    if (text === undefined) throw new TailraceError('invalid_args', 'args has no JSON form');
    for (const channel of channels) channel.attached();
    return { form: 'json', body: encoder.encode(text), channels, opens };
  } catch (error) {
    for (const channel of channels) {
      if (channel.lane !== undefined && opens.includes(channel.lane)) channel.lane = undefined;
    }
    connection.undoLanes(opens);
    throw error;
  }
}

function readHeaders(headers: InvokeOptions['headers']): Record<string, string> | undefined {
  if (headers === undefined || headers === null) return undefined;
  const entries =
    Symbol.iterator in headers
      ? (headers as Iterable<readonly [string, string]>)
      : Object.entries(headers);
  const result = new Map<string, string>();
  for (const [given, value] of entries) {
    const name = String(given).toLowerCase();
    const before = result.get(name);
    // As Headers does it.
    result.set(name, before === undefined ? String(value) : `${before}, ${value}`);
  }
  return Object.fromEntries(result);
}
