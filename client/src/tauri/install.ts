// The globals on which the unmodified @tauri-apps/api runs.

import { define as defineHidden } from '../builtins/base.js';
import type { Bridge } from './bridge.js';
import { convertFileSrc, separators } from './platform.js';

/** Its objects stay writable: the package's mocks replace what they hold. */
export function install(bridge: Bridge): void {
  const { invoke, transformCallback, unregisterCallback, runCallback, callbacks, label } = bridge;
  define('isTauri', true);
  define('__TAURI_INTERNALS__', {
    invoke,
    transformCallback,
    unregisterCallback,
    runCallback,
    callbacks,
    convertFileSrc,
    metadata: { currentWindow: { label }, currentWebview: { windowLabel: label, label } },
    plugins: { path: separators() },
  });
  define('__TAURI_EVENT_PLUGIN_INTERNALS__', { unregisterListener: bridge.unregisterListener });
}

export function define(name: string, value: unknown): void {
  defineHidden(globalThis, name, value, { configurable: true, writable: true });
}
