// The control lane: calls and their results, evals, opened channels.

import { broken, errorFrom, report, type TailraceError } from './errors.js';
import { BodySink, decodeJson, decodeText, type Lane, type Sink } from './lane.js';
import { type Batch, checkControl, ERROR, EVAL, OPEN, RESULT, readU64 } from './wire.js';

const encoder = new TextEncoder();

/** An invoke whose result is awaited. */
export interface Call {
  resolve(result: unknown): void;
  reject(error: TailraceError): void;
}

/** What the control lane needs of its connection. */
export interface ControlOwner {
  /** Frees the id; undefined: the call was cancelled. Throws if there never was one. */
  settle(id: number): Call | undefined;
  /** Go carries a raw result on a lane of its own. */
  openRemote(lane: number, sink: Sink): void;
  /** Go has taken a channel; undefined: it is gone already. Throws if there never was one. */
  findOpened(lane: number): Lane | undefined;
  sendControl(kind: number, payload: Uint8Array): void;
  tooLarge(length: number): TailraceError | undefined;
}

const ignore = (): void => {};

export class ControlSink implements Sink {
  readonly unread = false;

  constructor(private readonly owner: ControlOwner) {}

  message(
    lane: Lane,
    batch: Pick<Batch, 'u8' | 'u32'>,
    kind: number,
    offset: number,
    length: number,
    cost: number,
    owned: boolean,
  ): void {
    lane.consumed += cost;
    const { u8, u32 } = batch;
    checkControl(u32, kind, offset, length);
    const word = offset >> 2;
    const id = u32[word];
    const body = u8.subarray(offset + 8, offset + length);
    switch (kind) {
      case RESULT:
        this.result(id, u32, word, body, owned);
        break;
      case ERROR: {
        const error = errorFrom(decodeJson(body), 'error', 'the command failed');
        this.owner.settle(id)?.reject(error);
        break;
      }
      case OPEN:
        this.opened(id, readU64(u32, word + 2));
        break;
      case EVAL:
        this.evaluate(id, decodeText(body));
        break;
      default:
        throw broken(`kind ${kind} on the control lane`);
    }
  }

  private result(id: number, u32: Uint32Array, word: number, body: Uint8Array, owned: boolean) {
    // A rule that is broken here must find the call still pending: it rejects with the rest.
    const form = u32[word + 1];
    if (form === 2) {
      let call: Call | undefined;
      const sink = new BodySink(
        readU64(u32, word + 4),
        (bytes) => call?.resolve(bytes),
        (error) => call?.reject(error),
      );
      this.owner.openRemote(u32[word + 2], sink);
      call = this.owner.settle(id);
    } else if (form === 1) {
      this.owner.settle(id)?.resolve(owned ? body.slice() : body);
    } else {
      const value = body.length === 0 ? undefined : decodeJson(body);
      this.owner.settle(id)?.resolve(value);
    }
  }

  private opened(id: number, window: number): void {
    const lane = this.owner.findOpened(id);
    if (lane === undefined) return;
    lane.openWindow(window);
    if (window === 0) {
      lane.refuseWaiting(
        errorFrom(undefined, 'one_way', 'the Go side does not receive on this channel'),
      );
    }
  }

  /** In the global scope; the result awaited if it is a promise. */
  private evaluate(id: number, source: string): void {
    const succeed = (value: unknown): void => {
      if (id === 0) return;
      let text: string | undefined;
      try {
        text = JSON.stringify(value);
      } catch (error) {
        fail(error);
        return;
      }
      reply(RESULT, text ?? 'null');
    };
    const fail = (error: unknown): void => {
      if (id === 0) report(error);
      reply(ERROR, evalError(error));
    };
    const reply = (kind: number, text: string): void => {
      const message = payload(id, text);
      const tooLarge = this.owner.tooLarge(message.length);
      if (tooLarge === undefined) this.owner.sendControl(kind, message);
      else this.owner.sendControl(ERROR, payload(id, evalError(tooLarge)));
    };
    let value: unknown;
    let pending = false;
    try {
      // biome-ignore lint/security/noGlobalEval: this is what an eval frame asks for
      // biome-ignore lint/complexity/noCommaOperator: an indirect eval runs in the global scope
      value = (0, eval)(source);
      pending = typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
    } catch (error) {
      fail(error);
      return;
    }
    if (pending) Promise.resolve(value).then(succeed, fail).catch(ignore);
    else succeed(value);
  }

  ended(): void {}
}

function evalError(error: unknown): string {
  const e = error instanceof Error ? error : undefined;
  let message = 'eval failed';
  try {
    message = e === undefined ? String(error) : e.message;
  } catch {
    // An object that cannot even become a string.
  }
  return JSON.stringify({ code: 'eval', message, detail: { name: e?.name, stack: e?.stack } });
}

/** `id u32, 0 u32, text` */
function payload(id: number, text: string): Uint8Array {
  const body = encoder.encode(text);
  const bytes = new Uint8Array(8 + body.length);
  new Uint32Array(bytes.buffer, 0, 1)[0] = id;
  bytes.set(body, 8);
  return bytes;
}
