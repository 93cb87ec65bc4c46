// The shapes of @tauri-apps/api itself, as far as there are modules here.

export * as app from './app.js';
export * as core from './core.js';
export { invoke } from './core.js';
export * as dpi from './dpi.js';
export * as event from './event.js';
export * as path from './path.js';
export * as webview from './webview.js';
export * as webviewWindow from './webviewWindow.js';
export * as window from './window.js';
