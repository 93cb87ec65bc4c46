// src/tauri/windowV1.ts
import { emitTo } from "./event.js";
import { currentLabel, EXISTING } from "./labelled.js";
import {
  getAllWebviewWindows,
  WebviewWindow as Second
} from "./webviewWindow.js";
var WebviewWindow = class extends Second {
  async emit(event, payload) {
    this.emitLocally(event, payload) || await emitTo(this.label, event, payload);
  }
  static async getByLabel(label) {
    return (await getAll()).find((window) => window.label === label) ?? null;
  }
  static getCurrent() {
    return getCurrent();
  }
  static async getAll() {
    return getAll();
  }
};
function existing(label) {
  return new WebviewWindow(label, EXISTING);
}
var appWindow = /* @__PURE__ */ existing(/* @__PURE__ */ currentLabel());
function getCurrent() {
  return existing(currentLabel());
}
async function getAll() {
  return (await getAllWebviewWindows()).map(({ label }) => existing(label));
}
export {
  WebviewWindow,
  appWindow,
  getAll,
  getCurrent
};
