// src/tauri/arguments.ts
import { SERIALIZE_TO_IPC_FN } from "./ipc.js";
function createReplacer(page, channels, used) {
  let form = (original, text) => {
    let forwarder = channels.find(original, text);
    if (forwarder === void 0) return text;
    if (forwarder === "ended")
      throw new page.TailraceError("channel_ended", "a channel inside the arguments has ended");
    return used.has(forwarder) || (used.add(forwarder), forwarder.called()), forwarder.collect();
  };
  return function(key, value) {
    if (typeof value == "string") {
      let original = this[key];
      return typeof original != "object" || original === null || original instanceof page.Channel ? value : form(original, value);
    }
    if (typeof value != "object" || value === null) return value;
    if (value instanceof Map) return Object.fromEntries(value);
    if (value instanceof Uint8Array) return Array.from(value);
    if (value instanceof ArrayBuffer) return Array.from(new Uint8Array(value));
    if (!(SERIALIZE_TO_IPC_FN in value)) return value;
    let replaced = value[SERIALIZE_TO_IPC_FN]();
    return typeof replaced == "string" ? form(value, replaced) : replaced;
  };
}
export {
  createReplacer
};
