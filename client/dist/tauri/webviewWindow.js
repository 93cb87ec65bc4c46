// src/tauri/webviewWindow.ts
import { invoke } from "./core.js";
import { currentLabel, EXISTING, exists } from "./labelled.js";
import { webviewOnly } from "./webview.js";
import { labelOf, Window } from "./windowClass.js";
var WebviewWindow = class extends Window {
  /**
   * Opens a window of that label; it listens to `tauri://created` and `tauri://error` to learn how
   * that went. For a window that exists there is `getByLabel`.
   */
  constructor(label, options = {}) {
    super(label, EXISTING), !exists(options) && this.create("plugin:webview|create_webview_window", {
      options: { ...options, parent: labelOf(options.parent), label }
    });
  }
  get target() {
    return { kind: "WebviewWindow", label: this.label };
  }
  /** The window alone. */
  get window() {
    return new Window(this.label, EXISTING);
  }
  static async getByLabel(label) {
    return (await getAllWebviewWindows()).find((window) => window.label === label) ?? null;
  }
  static getCurrent() {
    return getCurrentWebviewWindow();
  }
  static async getAll() {
    return getAllWebviewWindows();
  }
  /** Sets the window's, and then its webview's. */
  async setBackgroundColor(color) {
    return await super.setBackgroundColor(color), webviewOnly.setBackgroundColor(this, color);
  }
  async position() {
    return webviewOnly.position(this);
  }
  async size() {
    return webviewOnly.size(this);
  }
  async setAutoResize(autoResize) {
    return webviewOnly.setAutoResize(this, autoResize);
  }
  async setZoom(scaleFactor) {
    return webviewOnly.setZoom(this, scaleFactor);
  }
  async reparent(window) {
    return webviewOnly.reparent(this, window);
  }
  async clearAllBrowsingData() {
    return webviewOnly.clearAllBrowsingData();
  }
};
function getCurrentWebviewWindow() {
  return new WebviewWindow(currentLabel(), EXISTING);
}
async function getAllWebviewWindows() {
  return (await invoke("plugin:window|get_all_windows")).map((label) => new WebviewWindow(label, EXISTING));
}
export {
  WebviewWindow,
  getAllWebviewWindows,
  getCurrentWebviewWindow
};
