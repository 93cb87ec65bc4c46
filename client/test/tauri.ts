// One page under Tauri's names: our modules, or the unmodified package on our internals. The same
// program must have the same effects on both.

import assert from 'node:assert/strict';
import * as realApp from '@tauri-apps/api/app';
import * as realCore from '@tauri-apps/api/core';
import * as realDpi from '@tauri-apps/api/dpi';
import * as realEvent from '@tauri-apps/api/event';
import * as realPath from '@tauri-apps/api/path';
import * as realWebview from '@tauri-apps/api/webview';
import * as realWebviewWindow from '@tauri-apps/api/webviewWindow';
import * as realWindow from '@tauri-apps/api/window';
import { KEY } from '../src/key.js';
import * as app from '../src/tauri/app.js';
import { bridge } from '../src/tauri/bridge.js';
import * as core from '../src/tauri/core.js';
import * as dpi from '../src/tauri/dpi.js';
import * as event from '../src/tauri/event.js';
import { install } from '../src/tauri/install.js';
import * as path from '../src/tauri/path.js';
import * as webview from '../src/tauri/webview.js';
import * as webviewWindow from '../src/tauri/webviewWindow.js';
import * as window from '../src/tauri/window.js';
import { BYTES, CLOSE, JSON_, OPEN, RESULT } from '../src/wire.js';
import { Bus, failure, type Invoke } from './bus.js';
import { started } from './go.js';
import { settle } from './goclock.js';
import { type DownFrame, join, result, u32s } from './gowire.js';

export const ours = { app, core, dpi, event, path, webview, webviewWindow, window };

/** The package's modules under our types, so that one program fits both. */
export const real = {
  app: realApp,
  core: realCore,
  dpi: realDpi,
  event: realEvent,
  path: realPath,
  webview: realWebview,
  webviewWindow: realWebviewWindow,
  window: realWindow,
} as unknown as typeof ours;

/** What a command gives back: JSON, bytes, or nothing; or an error. */
export type Answer = { json: unknown } | { bytes: number[] } | { error: unknown } | undefined;

export class Page {
  /** Every command but those of the bus: its name, arguments, and headers. */
  readonly log: unknown[] = [];
  /** Answers by command. */
  answers: Record<string, (args: Record<string, unknown>) => Answer> = {};
  private readonly taken: Invoke[] = [];

  constructor(readonly bus: Bus) {
    bus.other = (invoke) => this.handle(invoke);
  }

  get go() {
    return this.bus.go;
  }

  private handle(invoke: Invoke): DownFrame[] {
    const { id, envelope, json, body } = invoke;
    this.taken.push(invoke);
    const entry = [envelope.cmd, envelope.body === 'json' ? json : [...body]];
    if (envelope.headers !== undefined) entry.push(envelope.headers);
    this.log.push(entry);
    const answer = this.answers[envelope.cmd];
    if (answer === undefined) {
      return [failure(id, { code: 'unknown_command', message: `no command "${envelope.cmd}"` })];
    }
    const given = answer(json);
    if (given === undefined) return [];
    if ('error' in given) return [failure(id, given.error)];
    if ('json' in given && given.json !== undefined) return [result(id, given.json)];
    const bytes = Uint8Array.from('bytes' in given ? given.bytes : []);
    return [{ kind: RESULT, payload: join(u32s(id, 'bytes' in given ? 1 : 0), bytes) }];
  }

  /** Answers what the promise waits for. */
  async do<T>(promise: Promise<T>): Promise<T> {
    promise.catch(() => {});
    await this.bus.answer();
    return promise;
  }

  /** The last call of a command, and the lanes of its channels. */
  call(cmd: string): { id: number; lanes: number[] } {
    const invoke = this.taken.filter(({ envelope }) => envelope.cmd === cmd).pop();
    assert.ok(invoke, `${cmd} was called`);
    return { id: invoke.id, lanes: invoke.envelope.channels ?? [] };
  }

  /** Go takes a channel, and sends messages on it: bytes as bytes. */
  async messages(lane: number, messages: unknown[], close = false): Promise<void> {
    const frames: DownFrame[] = messages.map((message) =>
      message instanceof Uint8Array
        ? { kind: BYTES, payload: message }
        : { kind: JSON_, payload: JSON.stringify(message) },
    );
    if (close) frames.push({ kind: CLOSE });
    if (frames.length > 0) await this.go.send(this.go.run(lane, frames));
  }

  async open(lane: number): Promise<void> {
    await this.go.send(this.go.run(0, [{ kind: OPEN, payload: u32s(lane, 0, 0, 0) }]));
  }

  async reply(id: number, json: unknown): Promise<void> {
    await this.go.send(this.go.run(0, [result(id, json)]));
  }

  /** The functions that Tauri's package has under numbers. */
  get callbacks(): number {
    return bridge().callbacks.size;
  }
}

/** A page that has said hello, its globals those of the package's internals. */
export async function tauriPage(): Promise<Page> {
  const globals = globalThis as Record<PropertyKey, unknown>;
  globals.window = globalThis;
  const go = await started();
  await settle();
  Object.defineProperty(globals, KEY, { value: go.api, configurable: true });
  Reflect.deleteProperty(globals, Symbol.for('tailrace.tauri'));
  install(bridge());
  return new Page(new Bus(go));
}

/** What a promise rejects with. */
export function reason(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => assert.fail('it did not reject'),
    (error: unknown) => error,
  );
}
