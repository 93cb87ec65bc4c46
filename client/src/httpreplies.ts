// What Go answers requests with.

import { decodeText, isInteger, parseJson } from './builtins/base.js';
import { NativeUint8Array } from './builtins/bytes.js';
import type { Hello } from './carrier.js';
import { errorFrom, TailraceError } from './errors.js';

// What promises give has no prototype: see builtins/base.ts.

/** The answer to a batch. */
export interface Reply {
  readonly status: number;
  readonly body: ArrayBuffer | undefined;
}

export function replied(status: number, body: ArrayBuffer | undefined): Reply {
  return { __proto__: null, status, body } as unknown as Reply;
}

/** The answer to a request outside of the batches. */
export interface Answered {
  readonly status: number;
  readonly text: string;
  /** Such an answer is JSON: one that is not has been cut. */
  readonly whole: boolean;
}

export function answered(status: number, text: string): Answered {
  const whole = status !== 200 || parse(text) !== undefined;
  return { __proto__: null, status, text, whole } as unknown as Answered;
}

export function unreachable(): TailraceError {
  return new TailraceError('unreachable', 'the Go side does not answer: is the app still running?');
}

export function textOf(body: ArrayBuffer | undefined): string {
  return body === undefined ? '' : decodeText(new NativeUint8Array(body));
}

/** Undefined: it is not JSON, or has been cut. */
export function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

export function refusal(status: number, text: string): TailraceError {
  const code = status === 403 ? 'forbidden' : status === 410 ? 'closed' : 'refused';
  return errorFrom(parse(text), code, `the Go side answered with status ${status}`);
}

export function readHello(value: unknown): Hello {
  const given = typeof value === 'object' ? value : undefined;
  const hello = { __proto__: null, ...given } as unknown as Hello & { version?: number };
  const { session, label, pulls, posts, hold, maxBatch, maxMessage, window, lanes, pending } =
    hello;
  const between = (n: number, least: number, most: number) =>
    isInteger(n) && n >= least && n <= most;
  if (hello.version !== 1) {
    throw new TailraceError('protocol', `the Go side speaks version ${hello.version}, not 1`);
  }
  if (
    typeof session !== 'string' ||
    typeof label !== 'string' ||
    !between(pulls, 1, 64) ||
    !between(posts, 1, 64) ||
    !between(hold, 0, 600_000) ||
    !between(maxBatch, 1024, 2 ** 30) ||
    !between(maxMessage, 1, 2 ** 31) ||
    !between(window, 64, 2 ** 40) ||
    !between(lanes, 1, 2 ** 32) ||
    !between(pending, 1, 2 ** 32)
  ) {
    throw new TailraceError('protocol', 'a hello with fields missing or out of range');
  }
  return hello;
}
