// src/tauri/windowClass.ts
import { CloseRequestedEvent } from "./closing.js";
import { invoke } from "./core.js";
import { PhysicalPosition, PhysicalSize } from "./dpi.js";
import { listenToDragDrop } from "./dragdrop.js";
import { TauriEvent } from "./event.js";
import { currentLabel, EXISTING, exists } from "./labelled.js";
import { WindowActions } from "./windowActions.js";
function labelOf(window) {
  return typeof window == "object" ? window.label : window;
}
var Window = class extends WindowActions {
  /**
   * Creates a window, unless an object of one that exists is asked for by `getByLabel` and the
   * like.
   */
  constructor(label, options = {}) {
    super(label), !exists(options) && this.create("plugin:window|create", {
      options: { ...options, parent: labelOf(options.parent), label }
    });
  }
  get target() {
    return { kind: "Window", label: this.label };
  }
  static async getByLabel(label) {
    return (await getAllWindows()).find((window) => window.label === label) ?? null;
  }
  static getCurrent() {
    return getCurrentWindow();
  }
  static async getAll() {
    return getAllWindows();
  }
  static async getFocusedWindow() {
    for (let window of await getAllWindows())
      if (await window.isFocused()) return window;
    return null;
  }
  async onResized(handler) {
    return this.listen(
      TauriEvent.WINDOW_RESIZED,
      (event) => handler({ ...event, payload: new PhysicalSize(event.payload) })
    );
  }
  async onMoved(handler) {
    return this.listen(
      TauriEvent.WINDOW_MOVED,
      (event) => handler({ ...event, payload: new PhysicalPosition(event.payload) })
    );
  }
  /**
   * While somebody listens, closing the window only asks. It closes when the handler is done, if
   * that has not prevented it.
   */
  async onCloseRequested(handler) {
    return this.listen(TauriEvent.WINDOW_CLOSE_REQUESTED, async (event) => {
      let request = new CloseRequestedEvent(event);
      await handler(request), request.isPreventDefault() ? await invoke("plugin:window|refuse_close", { label: this.label }) : await this.destroy();
    });
  }
  async onDragDropEvent(handler) {
    return listenToDragDrop(this, handler);
  }
  async onFocusChanged(handler) {
    let each = (name, payload) => this.listen(name, (event) => handler({ ...event, payload })), unlisten = await Promise.all([
      each(TauriEvent.WINDOW_FOCUS, !0),
      each(TauriEvent.WINDOW_BLUR, !1)
    ]);
    return async () => {
      await Promise.all(unlisten.map((end) => end()));
    };
  }
  async onScaleChanged(handler) {
    return this.listen(
      TauriEvent.WINDOW_SCALE_FACTOR_CHANGED,
      (event) => {
        let { scaleFactor, size } = event.payload;
        handler({ ...event, payload: { scaleFactor, size: new PhysicalSize(size) } });
      }
    );
  }
  async onThemeChanged(handler) {
    return this.listen(TauriEvent.WINDOW_THEME_CHANGED, handler);
  }
};
function getCurrentWindow() {
  return new Window(currentLabel(), EXISTING);
}
async function getAllWindows() {
  return (await invoke("plugin:window|get_all_windows")).map((label) => new Window(label, EXISTING));
}
export {
  Window,
  getAllWindows,
  getCurrentWindow,
  labelOf
};
