// src/tauri/webview.ts
import { invoke } from "./core.js";
import { PhysicalPosition, PhysicalSize } from "./dpi.js";
import { listenToDragDrop } from "./dragdrop.js";
import { currentLabel, EXISTING, exists, Labelled } from "./labelled.js";
import { asPosition, asSize } from "./windowActions.js";
import { getCurrentWindow, labelOf, Window } from "./windowClass.js";
function ask(command, { label }) {
  return invoke(`plugin:webview|${command}`, { label });
}
function set(command, { label }, value) {
  return invoke(`plugin:webview|${command}`, { label, value });
}
var webviewOnly = {
  async position(of) {
    return new PhysicalPosition(await ask("webview_position", of));
  },
  async size(of) {
    return new PhysicalSize(await ask("webview_size", of));
  },
  async setAutoResize(of, autoResize) {
    return set("set_webview_auto_resize", of, autoResize);
  },
  async setZoom(of, scaleFactor) {
    return set("set_webview_zoom", of, scaleFactor);
  },
  async setBackgroundColor(of, color) {
    return set("set_webview_background_color", of, color);
  },
  async reparent({ label }, window) {
    return invoke("plugin:webview|reparent", { label, window: labelOf(window) });
  },
  async clearAllBrowsingData() {
    return invoke("plugin:webview|clear_all_browsing_data");
  }
}, Webview = class extends Labelled {
  constructor(window, label, options) {
    super(label);
    this.window = window;
    !exists(options) && this.create("plugin:webview|create_webview", {
      windowLabel: window.label,
      options: { ...options, label }
    });
  }
  get target() {
    return { kind: "Webview", label: this.label };
  }
  static async getByLabel(label) {
    return (await getAllWebviews()).find((webview) => webview.label === label) ?? null;
  }
  static getCurrent() {
    return getCurrentWebview();
  }
  static async getAll() {
    return getAllWebviews();
  }
  async position() {
    return webviewOnly.position(this);
  }
  async size() {
    return webviewOnly.size(this);
  }
  async close() {
    return ask("webview_close", this);
  }
  async setSize(size) {
    return set("set_webview_size", this, asSize(size));
  }
  async setPosition(position) {
    return set("set_webview_position", this, asPosition(position));
  }
  async setFocus() {
    return ask("set_webview_focus", this);
  }
  async setAutoResize(autoResize) {
    return webviewOnly.setAutoResize(this, autoResize);
  }
  async hide() {
    return ask("webview_hide", this);
  }
  async show() {
    return ask("webview_show", this);
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
  async setBackgroundColor(color) {
    return webviewOnly.setBackgroundColor(this, color);
  }
  async onDragDropEvent(handler) {
    return listenToDragDrop(this, handler);
  }
};
function getCurrentWebview() {
  return new Webview(getCurrentWindow(), currentLabel(), EXISTING);
}
async function getAllWebviews() {
  return (await invoke(
    "plugin:webview|get_all_webviews"
  )).map(
    ({ windowLabel, label }) => new Webview(
      new Window(windowLabel, EXISTING),
      label,
      EXISTING
    )
  );
}
export {
  Webview,
  getAllWebviews,
  getCurrentWebview,
  webviewOnly
};
