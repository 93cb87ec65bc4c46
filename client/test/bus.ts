// The event bus of the Go side, as far as one page meets it: it takes the page's ordered commands,
// and delivers to the subscriptions that an event's name and target reach.

import type { EventTarget } from '../src/api.js';
import { ERROR, EVENT, EVENT_BYTES, EVENT_JSON } from '../src/wire.js';
import { type Go, started } from './go.js';
import { settle } from './goclock.js';
import { bytes, type DownFrame, join, type readInvoke, result, u32s } from './gowire.js';

export interface Emitted {
  event: string;
  target: EventTarget | undefined;
  payload: unknown;
}

interface Subscription {
  event: string;
  target: EventTarget;
}

export type Invoke = ReturnType<typeof readInvoke>;

export class Bus {
  readonly subs = new Map<number, Subscription>();
  /** What the page has emitted. */
  readonly emitted: Emitted[] = [];
  /** The bus's commands in the order of their coming, without `plugin:event|`. */
  readonly commands: string[] = [];
  /** Events that it may not listen to or emit. */
  readonly denied = new Set<string>();
  /** Every emit comes back to the page, as it does in an app. */
  echo = false;
  /** Answers all other commands; those without an answer wait. */
  other: (invoke: Invoke) => DownFrame[] = () => [];
  private session = 0;
  private taken = 0;

  constructor(readonly go: Go) {}

  /** Handles what the page has asked for since the last time, and answers it. */
  async answer(): Promise<void> {
    for (;;) {
      await settle();
      if (this.session !== this.go.hellos) {
        this.session = this.go.hellos;
        this.subs.clear();
        this.taken = 0;
      }
      const { invokes } = this.go;
      const frames = invokes.slice(this.taken).flatMap((invoke) => this.handle(invoke));
      this.taken = invokes.length;
      if (frames.length === 0) return;
      await this.go.send(this.go.run(0, frames));
    }
  }

  private handle(invoke: Invoke): DownFrame[] {
    const [plugin, command] = invoke.envelope.cmd.split('|');
    if (plugin !== 'plugin:event') return this.other(invoke);
    this.commands.push(command);
    const { json } = invoke;
    const refuse = (code: string, message: string) => [failure(invoke.id, { code, message })];
    const event: string = json?.event ?? invoke.envelope.headers?.['tailrace-event'];
    if (this.denied.has(event)) return refuse('denied', `window "main" lacks "${event}"`);
    const done = result(invoke.id, null);
    switch (command) {
      case 'listen':
        if (this.subs.has(json.sub)) return refuse('bad_arguments', 'that number is taken');
        this.subs.set(json.sub, { event, target: json.target });
        return [done];
      case 'unlisten':
        if (!this.subs.delete(json.sub)) return refuse('unknown_listener', 'no such listener');
        return [done];
      case 'emit':
      case 'emit_to':
        return [...this.emit({ event, target: json.target, payload: json.payload ?? null }), done];
      case 'emit_bytes': {
        const target = JSON.parse(invoke.envelope.headers['tailrace-target'] ?? '{"kind":"Any"}');
        return [...this.emit({ event, target, payload: invoke.body.slice() }), done];
      }
      default:
        return [done];
    }
  }

  private emit(emitted: Emitted): DownFrame[] {
    this.emitted.push(emitted);
    return this.echo ? this.frames(emitted) : [];
  }

  private frames({ event, target, payload }: Emitted): DownFrame[] {
    const subs = [...this.subs].filter(
      ([, sub]) => sub.event === event && reaches(target ?? { kind: 'Any' }, sub.target),
    );
    if (subs.length === 0) return [];
    return [
      eventFrame(
        subs.map(([id]) => id),
        payload,
      ),
    ];
  }

  /** Go emits to this page; without a target, to all. */
  async send(event: string, payload: unknown, target?: EventTarget): Promise<void> {
    const frames = this.frames({ event, target, payload });
    if (frames.length > 0) await this.go.send(this.go.run(0, frames));
  }
}

/** A page that has said hello, its bus, and what its listeners have seen. */
export async function page() {
  const go = await started();
  const bus = new Bus(go);
  const seen: unknown[] = [];
  return { go, bus, seen, ...go.api };
}

/** Answers what the promise waits for. */
export async function settled<T>(bus: Bus, promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  await bus.answer();
  return promise;
}

/** A command's error. */
export function failure(id: number, error: unknown): DownFrame {
  return { kind: ERROR, payload: join(u32s(id, 0), JSON.stringify(error)) };
}

/** An event frame: bytes as bytes, everything else as JSON, text as the JSON it is. */
export function eventFrame(subs: number[], payload: unknown): DownFrame {
  const form = payload instanceof Uint8Array ? EVENT_BYTES : EVENT_JSON;
  const body = payload instanceof Uint8Array ? payload : bytes(JSON.stringify(payload));
  return { kind: EVENT, payload: join(u32s(subs.length, form, ...subs), body) };
}

function reaches(to: EventTarget, listener: EventTarget): boolean {
  if (to.kind === 'Any' || listener.kind === 'Any') return true;
  if (!('label' in to) || !('label' in listener)) return to.kind === listener.kind;
  const kind = to.kind === listener.kind || to.kind === 'AnyLabel' || listener.kind === 'AnyLabel';
  return kind && to.label === listener.label;
}
