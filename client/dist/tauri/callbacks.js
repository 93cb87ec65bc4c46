// src/tauri/callbacks.ts
function createCallbacks() {
  let callbacks = /* @__PURE__ */ new Map(), last = 0;
  return {
    callbacks,
    transformCallback(callback, once = !1) {
      let id = ++last;
      return callbacks.set(id, (data) => (once && callbacks.delete(id), callback?.(data))), id;
    },
    unregisterCallback(id) {
      callbacks.delete(id);
    },
    runCallback(id, data) {
      let callback = callbacks.get(id);
      callback !== void 0 ? callback(data) : console.warn(`tailrace: there is no callback ${id} any more`);
    }
  };
}
export {
  createCallbacks
};
