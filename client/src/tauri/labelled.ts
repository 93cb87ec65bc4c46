// What windows and webviews have in common: a label, and events.

import { guarded } from '../errors.js';
import { bridge } from './bridge.js';
import { invoke } from './core.js';
import {
  type EventCallback,
  type EventName,
  type EventTarget,
  emit,
  emitTo,
  listen,
  once,
  type UnlistenFn,
} from './event.js';

/** Made here by the object that creates a window, for its own listeners; no other event is. */
const LOCAL: readonly string[] = ['tauri://created', 'tauri://error'];

type Handlers = Record<string, EventCallback<unknown>[]>;

/**
 * The label of this page's window. Outside of the app, where every call fails, it is the default
 * one.
 */
export function currentLabel(): string {
  return bridge().label ?? 'main';
}

export abstract class Labelled {
  /** The listeners of `tauri://created` and `tauri://error`. */
  listeners: Handlers = Object.create(null) as Handlers;

  constructor(public label: string) {}

  /** The target that its listeners are registered for. */
  protected abstract get target(): EventTarget;

  /** Listens as this window or webview: to events for it, and to those for everybody. */
  async listen<T>(event: EventName, handler: EventCallback<T>): Promise<UnlistenFn> {
    return this.local(event, handler) ?? listen(event, handler, { target: this.target });
  }

  async once<T>(event: EventName, handler: EventCallback<T>): Promise<UnlistenFn> {
    return this.local(event, handler) ?? once(event, handler, { target: this.target });
  }

  /** Emits to everybody, as Tauri 2 does; `emitTo` reaches one window. */
  async emit<T>(event: string, payload?: T): Promise<void> {
    if (!this.emitLocally(event, payload)) await emit(event, payload);
  }

  async emitTo<T>(target: string | EventTarget, event: string, payload?: T): Promise<void> {
    if (!this.emitLocally(event, payload)) await emitTo(target, event, payload);
  }

  private local<T>(event: string, handler: EventCallback<T>): UnlistenFn | undefined {
    if (!LOCAL.includes(event)) return undefined;
    this.listeners[event] ??= [];
    const handlers = this.listeners[event];
    handlers.push(handler as EventCallback<unknown>);
    return () => {
      const at = handlers.indexOf(handler as EventCallback<unknown>);
      if (at >= 0) handlers.splice(at, 1);
    };
  }

  protected emitLocally(event: string, payload: unknown): boolean {
    if (!LOCAL.includes(event)) return false;
    for (const handler of [...(this.listeners[event] ?? [])]) {
      guarded(handler, { event, id: -1, payload });
    }
    return true;
  }

  /** Creates what this object stands for; its listeners hear how that went. */
  protected create(command: string, args: Record<string, unknown>): void {
    invoke(command, args).then(
      () => this.emit('tauri://created'),
      (error: unknown) => this.emit('tauri://error', error),
    );
  }
}

/** Whether the object stands for something that is there already: an option that is not public. */
export function exists(options: object | undefined): boolean {
  return options !== undefined && 'skip' in options && options.skip === true;
}

/** Options of such an object. */
export const EXISTING = { skip: true } as const;
